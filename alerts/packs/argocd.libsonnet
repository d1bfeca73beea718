// Alerts on Argo CD: applications that are not what Git says, and what it cannot reach.
local a = import '../lib/alert.libsonnet';
local q = import '../lib/promql.libsonnet';

function(obskit)
  local c = obskit.argocd;
  local app = '<<by>>namespace, exported_namespace, project, name';
  local info(extra='') = q.scraped(c.app_info.name, extra);
  // An application that was not there before the window is new: it has not been anything for long.
  local known(window) = 'on (%s) count_over_time(%s[5m] offset %s)' % [app, info(), window];
  // Samples are counted: window_share is that of the first count above the share.
  local share(default, of) = { share: a.param(default, 0.1, 0.99, 'ratio', 'Share of the window that %s.' % of) };
  [
    a.alert('ObskitArgocdOutOfSync', {
      latency_class: 'slow',
      // Without automatic syncs this is what every application is between two releases; while one runs, it is expected.
      value: q.spent(app, info('autosync_enabled="true", sync_status="OutOfSync", operation=""'), info(), '10m'),
      above: '<<param:share>>',
      unit: 'percentunit',
      legend: '{{name}}',
      guard: known('10m'),
      params: share('0.8', 'the application must have been out of sync'),
      summary: 'An application that syncs by itself stays out of sync.',
      description: 'Application {{ $labels.name }} was out of sync for {{ $value | humanizePercentage }} of the last 10 minutes, and no sync runs.',
      fault: 'an application goes out of sync and stays so',
      window_share: '0.82',
      source: 'scrape',
      budget: 529,
    }),
    a.alert('ObskitArgocdSyncFailing', {
      latency_class: 'normal',
      keep_firing_for: '5m',
      // A commit is tried once, and its retries count as one: there is often a single failure, and it makes the series.
      value: 'sum by (%s) (%s)' % [app, q.happened(q.scraped(c.app_sync.name, 'phase=~"Error|Failed", dry_run!="true"'), '5m')],
      above: '0',
      unit: 'short',
      legend: '{{name}}',
      summary: 'A sync of an application failed.',
      description: 'Failed syncs of application {{ $labels.name }} within 5 minutes: {{ $value | printf "%.0f" }}.',
      fault: 'a sync fails for the first time',
      window_share: '0',
      source: 'scrape',
      budget: 45,
    }),
    a.alert('ObskitArgocdSyncStuck', {
      latency_class: 'slow',
      value: q.spent(app, info('operation="sync"'), info(), '15m'),
      above: '<<param:share>>',
      unit: 'percentunit',
      legend: '{{name}}',
      guard: known('15m'),
      params: share('0.9', 'the sync must have been running'),
      summary: 'A sync of an application does not end.',
      description: 'Application {{ $labels.name }} has been syncing for {{ $value | humanizePercentage }} of the last 15 minutes: it waits for a resource or a hook, or is retried for ever.',
      fault: 'a sync begins that never ends',
      window_share: '0.92',
      source: 'scrape',
      budget: 864,
    }),
    a.alert('ObskitArgocdComparisonFailing', {
      latency_class: 'normal',
      value: q.spent(app, info('sync_status="Unknown"'), info(), '5m'),
      above: '<<param:share>>',
      unit: 'percentunit',
      legend: '{{name}}',
      guard: known('5m'),
      params: share('0.8', 'the state of the application must have been unknown'),
      summary: 'Argo CD cannot compare an application with Git.',
      description: 'Whether application {{ $labels.name }} is in sync was unknown for {{ $value | humanizePercentage }} of the last 5 minutes.',
      fault: 'the comparison of an application fails and goes on failing',
      window_share: '0.83',
      source: 'scrape',
      budget: 286,
    }),
    a.alert('ObskitArgocdRepositoryUnreachable', {
      severity: 'critical',
      latency_class: 'normal',
      // The counters of failures do not name the repository; one failure, or a revision that one application made up, is no outage.
      value: q.spent('<<by>>namespace, repo', info('sync_status="Unknown"'), info(), '5m'),
      above: '<<param:share>>',
      unit: 'percentunit',
      legend: '{{repo}}',
      guard: |||
        on (<<by>>) (
          sum by (<<by>>) (rate(%s[5m])) > 0
          or sum by (<<by>>) (rate(%s[5m])) > 0
        )
      ||| % [q.scraped(c.git_lsremote_fail.name), q.scraped(c.git_fetch_fail.name)],
      params: share('0.8', 'all applications of the repository, taken together, must have been unknown'),
      summary: 'A Git repository is unreachable for Argo CD.',
      description: 'The applications from {{ $labels.repo }} were of unknown state for {{ $value | humanizePercentage }} of the last 5 minutes, and requests to Git fail.',
      fault: 'requests to Git fail, and every application of a repository becomes unknown',
      window_share: '0.83',
      source: 'scrape',
      budget: 286,
    }),
    a.alert('ObskitArgocdDegraded', {
      latency_class: 'normal',
      value: q.spent(app, info('health_status="Degraded"'), info(), '5m'),
      above: '<<param:share>>',
      unit: 'percentunit',
      legend: '{{name}}',
      guard: known('5m'),
      params: share('0.8', 'the application must have been degraded'),
      summary: 'An application is degraded.',
      description: 'Application {{ $labels.name }} was degraded for {{ $value | humanizePercentage }} of the last 5 minutes.',
      fault: 'an application becomes degraded and stays so',
      window_share: '0.83',
      source: 'scrape',
      budget: 286,
    }),
    a.alert('ObskitArgocdClusterUnreachable', {
      severity: 'critical',
      latency_class: 'normal',
      value: 'max by (<<by>>namespace, server) (max_over_time(%s[<<scrape_minute>>s]))' % q.scraped(c.cluster_connection_status.name),
      below: '1',
      unit: 'short',
      legend: '{{server}}',
      summary: 'Argo CD cannot read a cluster.',
      description: 'Argo CD has not been able to read cluster {{ $labels.server }} for <<scrape_minute>> s: nothing is compared or synced there.',
      fault: 'Argo CD fails to read a cluster',
      window_share: '1',
      source: 'scrape',
      budget: 95,
    }),
    a.alert('ObskitArgocdClusterNotAnswering', {
      judged: true,
      severity: 'critical',
      latency_class: 'normal',
      keep_firing_for: '2m',
      // The connection status is of the last full read, up to a day ago; broken watches are tried again all the time.
      value:
        local requests(extra='') = '(<<scrape_two_minutes>> * sum by (<<by>>namespace, host) (rate(%s[<<scrape_two_minutes>>s])))' % q.scraped(c.kubectl_requests.name, extra);
        q.wilsonOf(requests('code!~"[1-5].."'), requests()),
      above: '<<param:share>>',
      unit: 'percentunit',
      legend: '{{host}}',
      params: { share: a.param('0.5', 0.05, 0.99, 'ratio', 'Share of requests without an answer that even the lower bound (three sigma) exceeds.') },
      summary: 'The API of a cluster does not answer Argo CD.',
      description: 'At least {{ $value | humanizePercentage }} of the requests of Argo CD to {{ $labels.host }} had no answer within <<scrape_two_minutes>> s.',
      fault: 'a cluster stops answering, and every request to it fails, of one a second',
      window_share: '0.7',
      source: 'scrape',
      budget: 122,
    }),
    a.alert('ObskitArgocdUnseen', {
      'for': '2m',
      latency_class: 'normal',
      // From the controller, and there as long as there is an application.
      value: q.unseen(info()),
      above: '0',
      unit: 'short',
      legend: '{{namespace}} {{job}}',
      summary: 'Nobody tells of applications of Argo CD any more.',
      description: 'Within the last hour {{ $labels.job }} in namespace {{ $labels.namespace }} told of applications, and tells of none any more.',
      fault: 'the application controller is gone',
      window_share: '0',
      source: 'scrape',
      budget: 165,
    }),
  ]
