// Alerts on rollouts: stuck, slower than their budget, unseen by the controller, and a new version worse than the rest.
local a = import '../lib/alert.libsonnet';
local canary = import '../lib/canary.libsonnet';
local q = import '../lib/promql.libsonnet';

function(obskit)
  local r = obskit.rollout;
  local labels = { deployment: '<<by>>namespace, deployment', statefulset: '<<by>>namespace, statefulset', daemonset: '<<by>>namespace, daemonset' };
  // Of several kube-state-metrics one, and of a lost scrape the value before.
  local now(kind, series, extra='') = 'max by (%s) (last_over_time(%s[<<scrape_window>>]))' % [labels[kind], q.scraped(series.name, extra)];
  local changed(kind, series, window) = 'max by (%s) (changes(%s[%s]))' % [labels[kind], q.scraped(series.name), window];
  local running = '(%s - %s)' % [q.select('obskit:rollout_seen:timestamp'), q.select('obskit:rollout_began:timestamp')];
  local names = labels {
    running: running,
    argo: '<<by>>namespace, exported_namespace, name, phase',
    failed: q.scraped(r.argo_info.name, 'phase=~"Abort|Error|InvalidSpec|Timeout"'),
    condition: now('deployment', r.deployment_condition, 'condition="Progressing", status="false"'),
    updated: changed('deployment', r.deployment_updated, '5m'),
    available: changed('deployment', r.deployment_available, '5m'),
    budget: q.scraped(r.budget.name),
    update: q.scraped(r.statefulset_update_revision.name),
    current: q.scraped(r.statefulset_current_revision.name),
  };
  // The newest ReplicaSet of a service, as long as it is new: later, what differs are no versions.
  local created = q.select('obskit:rollout_requests:created');
  local newest = |||
    (
      %s == on (<<by>>exported_job) group_left () max by (<<by>>exported_job) (%s)
    ) > time() - <<param:hours>> * 3600
  ||| % [created, created];
  local worse(kind, objective) = {
    group: 'canary',
    judged: true,
    keep_firing_for: '1m',
    latency_class: 'normal',
    value: canary.burn(kind, objective),
    above: '<<param:burn>>',
    unit: 'short',
    legend: '{{exported_job}} {{replicaset}}',
    params: {
      burn: a.param('2', 0.1, 1000, 'ratio', 'How many error budgets faster than the rest the newest version may burn.'),
      significance: a.param('5', 3, 10, 'sigma', 'How unlikely the difference must be by chance.'),
      hours: a.param('24', 1, 720, 'hours', 'How long a version is new.'),
    },
    window_share: '0.05',
  };
  local compared(kind) = |||
    %s > <<param:significance>>
    and %s
  ||| % [canary.sigmas(kind), q.chomp(newest)];
  [
    a.alert('ObskitRolloutStuck', {
      keep_firing_for: '2m',
      severity: 'critical',
      latency_class: 'normal',
      // The controller says so after ten minutes by default; half of that without any change is enough.
      value: |||
        max by (%(deployment)s) (
          %(condition)s > 0
          or on (%(deployment)s) %(running)s > <<param:seconds>> and on (%(deployment)s) %(updated)s + %(available)s == 0
        )
      ||| % names,
      above: '0',
      unit: 'short',
      legend: '{{namespace}}/{{deployment}}',
      params: { seconds: a.param('300', 60, 3600, 'seconds', 'How long the rollout must run, in the last 300 of which nothing changed.') },
      summary: 'A rollout is stuck.',
      description: 'The rollout of Deployment {{ $labels.deployment }} in namespace {{ $labels.namespace }} does not get on: no pod became new or available within five minutes, or its deadline is over.',
      fault: 'no further pod of a new version becomes available',
      window_share: '1',
      source: 'scrape',
      budget: 335,
    }),
    a.alert('ObskitRolloutUnobserved', {
      'for': '1m',
      severity: 'critical',
      latency_class: 'normal',
      value: '%s - %s' % [now('deployment', r.deployment_generation), now('deployment', r.deployment_observed)],
      above: '0',
      unit: 'short',
      legend: '{{namespace}}/{{deployment}}',
      summary: 'A change of a Deployment is not taken up.',
      description: 'The Deployment controller has not seen the last {{ $value }} changes of {{ $labels.deployment }} in namespace {{ $labels.namespace }} for a minute: nothing is rolled out.',
      fault: 'a Deployment is changed and no controller looks at it',
      window_share: '0',
      source: 'scrape',
      budget: 105,
    }),
    a.alert('ObskitRolloutSlow', {
      severity: 'info',
      // From the creation of the ReplicaSet to the last sample in which it was not done: a rollout takes at least so long.
      value: |||
        %(running)s
        / on (%(deployment)s) (max by (%(deployment)s) (%(budget)s) or on (%(deployment)s) %(running)s * 0 + <<param:seconds>>)
      ||| % names,
      above: '1',
      unit: 'percentunit',
      legend: '{{namespace}}/{{deployment}}',
      params: { seconds: a.param('20', 1, 86400, 'seconds', 'Budget of a rollout for which none is declared.') },
      summary: 'A rollout takes longer than its budget.',
      description: 'The rollout of Deployment {{ $labels.deployment }} in namespace {{ $labels.namespace }} has taken {{ $value | printf "%.1f" }} times its budget, and is not done.',
      fault: 'a rollout is not done when its budget is over',
      window_share: '0',
      source: 'scrape',
      budget: 15,
    }),
    a.alert('ObskitRolloutStatefulSetStuck', {
      severity: 'critical',
      latency_class: 'slow',
      // A partition, or pods that are replaced when somebody deletes them, leave old ones too: but all of them are ready.
      value: '%s - %s' % [now('statefulset', r.statefulset_replicas), now('statefulset', r.statefulset_updated)],
      above: '0',
      unit: 'short',
      legend: '{{namespace}}/{{statefulset}}',
      guard: |||
        on (%s) (%s unless on (%s, revision) %s)
        and %s < %s
        and %s == 0
      ||| % [
        labels.statefulset,
        names.update,
        labels.statefulset,
        names.current,
        now('statefulset', r.statefulset_ready),
        now('statefulset', r.statefulset_replicas),
        changed('statefulset', r.statefulset_updated, '10m'),
      ],
      summary: 'The rollout of a StatefulSet is stuck.',
      description: '{{ $value }} pods of StatefulSet {{ $labels.statefulset }} in namespace {{ $labels.namespace }} are still old, one is not ready, and nothing has changed for ten minutes.',
      fault: 'a pod of a new revision does not become ready',
      window_share: '1',
      source: 'scrape',
      budget: 635,
    }),
    a.alert('ObskitRolloutDaemonSetStuck', {
      latency_class: 'slow',
      value: '%s - %s' % [now('daemonset', r.daemonset_desired), now('daemonset', r.daemonset_updated)],
      above: '0',
      unit: 'short',
      legend: '{{namespace}}/{{daemonset}}',
      guard: |||
        %s > 0
        and %s == 0
      ||| % [now('daemonset', r.daemonset_unavailable), changed('daemonset', r.daemonset_updated, '10m')],
      summary: 'The rollout of a DaemonSet is stuck.',
      description: '{{ $value }} nodes still run an old pod of DaemonSet {{ $labels.daemonset }} in namespace {{ $labels.namespace }}, some run none that is available, and nothing has changed for ten minutes.',
      fault: 'a new pod does not become available on a node',
      window_share: '1',
      source: 'scrape',
      budget: 635,
    }),
    a.alert('ObskitRolloutFailed', {
      latency_class: 'normal',
      value: 'max by (%(argo)s) (last_over_time(%(failed)s[<<scrape_window>>]))' % names,
      above: '0',
      unit: 'bool',
      legend: '{{name}} {{phase}}',
      summary: 'Argo Rollouts gave a rollout up.',
      description: 'Rollout {{ $labels.name }} is in phase {{ $labels.phase }}: what is wanted is not what runs.',
      fault: 'a canary is aborted',
      window_share: '0',
      source: 'scrape',
      budget: 45,
    }),
    a.alert('ObskitRolloutCanaryFailing', worse('failed', '<<slo_failed>>') + {
      severity: 'critical',
      guard: compared('failed'),
      summary: 'The newest version of a service fails more than the rest.',
      description: 'ReplicaSet {{ $labels.replicaset }} of {{ $labels.exported_job }} burns {{ $value | printf "%.0f" }} error budgets more than the other pods of the service at the same time.',
      fault: 'the newest version fails half of its requests',
      budget: 56,
    }),
    a.alert('ObskitRolloutCanarySlow', worse('slow', '<<slo_slow>>') + {
      // Cold pods are slow: the window must lie after the first minute.
      guard: compared('slow') + 'and %s < time() - <<param:warm>>\n' % created,
      params+: { warm: a.param('360', 300, 3600, 'seconds', 'How old the version must be, 300 of which are the window.') },
      summary: 'The newest version of a service is slower than the rest.',
      description: 'ReplicaSet {{ $labels.replicaset }} of {{ $labels.exported_job }} burns {{ $value | printf "%.0f" }} latency budgets more than the other pods of the service at the same time.',
      fault: 'the newest version answers half of its requests too slowly',
      budget: 56,
    }),
  ]
