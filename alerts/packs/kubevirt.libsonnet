// Alerts on virtual machines of KubeVirt, and on what they serve.
local a = import '../lib/alert.libsonnet';
local q = import '../lib/promql.libsonnet';

function(obskit)
  local v = obskit.kubevirt;
  local machine = '<<by>>namespace, name';
  local info(extra='') = q.scraped(v.vm_info.name, extra);
  local migration = '<<by>>namespace, name, migration_name';
  // Migrations of which nothing was told in the hour before the window: an object stays long after its migration.
  local recent(metric) =
    'max by (<<by>>namespace, vmi, vmim) (%(ended)s) unless on (<<by>>namespace, vmi, vmim) last_over_time(%(ended)s[1h] offset 30m)'
    % { ended: q.scraped(metric.name) };
  // Every probe has the same series. Those of what virtual machines serve are told by the name of their job.
  local probe = q.scraped(obskit.smtp.success.name, 'job=~".*kubevirt.*"');
  [
    a.alert('ObskitKubevirtVmNotRunning', {
      severity: 'critical',
      latency_class: 'normal',
      // Neither what was stopped nor what waits for its disk: a paused machine serves nobody, often since a disk is full.
      value: q.spent(
        machine,
        info('status!~"running|migrating|stopped|stopping|terminating|provisioning|waitingforvolumebinding|waitingforreceiver"'),
        info(),
        '5m'
      ),
      above: '<<param:share>>',
      unit: 'percentunit',
      legend: '{{name}}',
      guard: 'on (%s) count_over_time(%s[5m] offset 5m)' % [machine, info()],
      params: { share: a.param('0.8', 0.1, 0.99, 'ratio', 'Share of the window in which the machine must have been on its way, paused or in error.') },
      summary: 'A virtual machine should run and does not.',
      description: 'Virtual machine {{ $labels.name }} was starting, paused or in error for {{ $value | humanizePercentage }} of the last 5 minutes.',
      fault: 'a virtual machine crashes and does not come up any more',
      window_share: '0.83',
      source: 'scrape',
      budget: 286,
    }),
    a.alert('ObskitKubevirtMigrationFailing', {
      latency_class: 'normal',
      // One that fails is tried again by itself, and often succeeds.
      value: |||
        count by (<<by>>namespace, vmi) (%s)
        unless on (<<by>>namespace, vmi) (%s)
      ||| % [recent(v.migration_failed), recent(v.migration_succeeded)],
      above: '<<param:failures>>',
      unit: 'short',
      legend: '{{vmi}}',
      params: { failures: a.param('1', 0, 100, 'migrations', 'Migrations that may fail within half an hour when none succeeds.') },
      summary: 'A virtual machine cannot be migrated.',
      description: '{{ $value }} migrations of virtual machine {{ $labels.vmi }} failed within 30 minutes, and none succeeded.',
      fault: 'the second migration of a machine fails',
      window_share: '0',
      source: 'scrape',
      budget: 45,
    }),
    a.alert('ObskitKubevirtMigrationStuck', {
      latency_class: 'normal',
      value: |||
        time() - max by (%(m)s) (%(start)s)
        unless on (%(m)s) %(end)s
      ||| % { m: migration, start: q.scraped(v.migration_start_time.name), end: q.scraped(v.migration_end_time.name) },
      above: '<<param:seconds>>',
      unit: 's',
      legend: '{{name}}',
      params: { seconds: a.param('1800', 60, 86400, 'seconds', 'How long a migration may take.') },
      summary: 'A migration of a virtual machine does not end.',
      description: 'A migration of virtual machine {{ $labels.name }} has been running for {{ $value | humanizeDuration }}.',
      fault: 'a migration has been running for half an hour',
      window_share: '0',
      source: 'scrape',
      budget: 45,
    }),
    a.alert('ObskitKubevirtGuestPanic', {
      severity: 'critical',
      value: 'sum by (%s, type) (%s)' % [machine, q.happened(q.scraped(v.guest_os_panic.name), '5m')],
      above: '0',
      unit: 'short',
      legend: '{{name}}',
      summary: 'The kernel of a guest panicked.',
      description: 'Panics of virtual machine {{ $labels.name }} ({{ $labels.type }}) within 5 minutes: {{ $value | printf "%.0f" }}.',
      fault: 'the kernel of a guest panics for the first time',
      window_share: '0',
      source: 'scrape',
      budget: 15,
    }),
    a.alert('ObskitKubevirtGuestMemoryLow', {
      latency_class: 'slow',
      // At its best within the window: what a cache holds can be used, and is counted as such by the guest.
      value: |||
        max by (%(machine)s) (max_over_time(%(usable)s[5m]))
        / max by (%(machine)s) (max_over_time(%(all)s[5m]))
      ||| % { machine: machine, usable: q.scraped(v.memory_usable.name), all: q.scraped(v.memory_available.name) },
      below: '<<param:share>>',
      unit: 'percentunit',
      legend: '{{name}}',
      params: { share: a.param('0.05', 0.005, 0.5, 'ratio', 'Share of its memory that a guest must be able to use.') },
      summary: 'A virtual machine has hardly any memory left.',
      description: 'Virtual machine {{ $labels.name }} could use {{ $value | humanizePercentage }} of its memory at best within 5 minutes.',
      fault: 'a process in the guest takes nearly all of its memory',
      window_share: '1',
      source: 'scrape',
      budget: 335,
    }),
    a.alert('ObskitKubevirtEndpointDown', {
      severity: 'critical',
      latency_class: 'normal',
      // Of four probes none: while a machine is migrated it stands still for a moment.
      value: 'max by (<<by>>namespace, job, instance) (max_over_time(%s[<<scrape_window>>]))' % probe,
      below: '1',
      unit: 'short',
      legend: '{{instance}}',
      summary: 'What a virtual machine serves does not answer.',
      description: 'The last four probes of {{ $labels.instance }} ({{ $labels.job }}) failed.',
      fault: 'what a virtual machine serves stops answering',
      window_share: '1',
      source: 'scrape',
      budget: 75,
    }),
    a.alert('ObskitKubevirtEndpointUnseen', {
      'for': '5m',
      latency_class: 'slow',
      value: q.unseen(probe),
      above: '0',
      unit: 'short',
      legend: '{{job}}',
      summary: 'What virtual machines serve is no longer probed.',
      description: 'None of the {{ $value }} endpoints that {{ $labels.job }} probed within the last hour is probed any more.',
      fault: 'the exporter that probes is gone',
      window_share: '0',
      source: 'scrape',
      budget: 345,
    }),
  ]
