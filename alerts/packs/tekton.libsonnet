// Alerts on Tekton Pipelines: runs that fail, take long, or do not get going.
local a = import '../lib/alert.libsonnet';
local q = import '../lib/promql.libsonnet';

function(obskit)
  local t = obskit.tekton;
  local pipeline = '<<by>>namespace, exported_namespace, pipeline';
  local runs(part, status, window) = '%s%s' % [q.scraped(part, 'status="%s"' % status), window];
  // Failures in a window that has no success: the longest such window says how many there were in a row.
  local streak(window) = |||
    label_replace(
      sum by (%(pipeline)s) (%(failed)s) > 0
      unless sum by (%(pipeline)s) (%(succeeded)s) > 0,
      "window", "%(window)s", "", ""
    )
  ||| % {
    pipeline: pipeline,
    failed: q.happened(q.scraped(t.pipelinerun_duration.count, 'status="failed"'), window),
    succeeded: q.happened(q.scraped(t.pipelinerun_duration.count, 'status="success"'), window),
    window: window,
  };
  local mean(window) = 'sum by (%(p)s) (rate(%(sum)s)) / sum by (%(p)s) (rate(%(count)s))' % {
    p: pipeline,
    sum: runs(t.pipelinerun_duration.sum, 'success', window),
    count: runs(t.pipelinerun_duration.count, 'success', window),
  };
  local many(window, seconds) = 'sum by (%s) (rate(%s)) * %d' % [pipeline, runs(t.pipelinerun_duration.count, 'success', window), seconds];
  // How many times as long: the last hour, and the six before.
  local longer(indent) = '(%s)\n%s/ (%s)' % [mean('[1h]'), indent, mean('[6h] offset 1h')];
  local hours = {
    p: pipeline,
    now: many('[1h]', 3600),
    before: many('[6h] offset 1h', 21600),
    longer: longer('  '),
  };
  [
    a.alert('ObskitTektonPipelineFailing', {
      latency_class: 'normal',
      keep_firing_for: '15m',
      // A share says nothing of five runs a day, and a window alone ends with the last success in it.
      value: 'round(max by (%s) (\n%s))' % [pipeline, std.join('or\n', [streak(window) for window in ['15m', '1h', '3h']])],
      above: '<<param:failures>>',
      unit: 'short',
      legend: '{{pipeline}}',
      params: { failures: a.param('2', 0, 100, 'runs', 'Failed runs in a row that are still borne.') },
      summary: 'A pipeline fails again and again.',
      description: 'Pipeline {{ $labels.pipeline }} failed {{ $value }} times, and did not succeed in between.',
      fault: 'the third run of a pipeline in a row fails',
      window_share: '0',
      source: 'scrape',
      budget: 45,
    }),
    a.alert('ObskitTektonRunsFailing', {
      judged: true,
      severity: 'critical',
      latency_class: 'slow',
      keep_firing_for: '5m',
      value:
        local n = '(900 * sum by (<<by>>namespace) (rate(%s[15m])))' % q.scraped(t.pipelinerun_total.name, 'status=~"success|failed"');
        local failed = '(900 * sum by (<<by>>namespace) (rate(%s[15m])))' % q.scraped(t.pipelinerun_total.name, 'status="failed"');
        q.wilsonOf(failed, n),
      above: '<<param:share>>',
      unit: 'percentunit',
      params: { share: a.param('0.5', 0.05, 0.99, 'ratio', 'Share of failed runs that even the lower bound (three sigma) exceeds.') },
      summary: 'Most runs of all pipelines fail.',
      description: 'At least {{ $value | humanizePercentage }} of the runs of all pipelines within 15 minutes failed.',
      fault: 'every run fails, of two a minute that succeeded before',
      window_share: '0.95',
      source: 'scrape',
      budget: 891,
    }),
    a.alert('ObskitTektonPipelineSlow', {
      judged: true,
      latency_class: 'slow',
      keep_firing_for: '15m',
      // Failed runs are short: only those that succeed are compared, with the same pipeline's own six hours before.
      value: longer(''),
      above: '<<param:times>>',
      unit: 'short',
      legend: '{{pipeline}}',
      // The mean of n runs that deviate by their own mean, as exponential ones do, deviates by 1 / sqrt(n) of it.
      guard: |||
        on (%(p)s) %(now)s >= <<param:minimum>>
        and on (%(p)s) %(before)s >= 10
        and on (%(p)s) (
          %(longer)s
          > 1 + <<param:significance>> * sqrt(1 / (%(now)s) + 1 / (%(before)s))
        )
      ||| % hours,
      params: {
        times: a.param('2', 1.1, 100, 'times', 'How many times as long as in the six hours before.'),
        minimum: a.param('3', 1, 1000, 'runs', 'Successful runs in the last hour, at the least.'),
        significance: a.param('5', 1, 20, 'sigma', 'How unlikely it must be by chance where durations deviate by their mean.'),
      },
      summary: 'The runs of a pipeline take much longer than before.',
      description: 'Runs of pipeline {{ $labels.pipeline }} took {{ $value | printf "%.1f" }} times as long within the last hour as in the six hours before.',
      fault: 'the runs of a pipeline, twenty an hour or more, take four times as long',
      window_share: '0.95',
      source: 'scrape',
      budget: 3456,
    }),
    a.alert('ObskitTektonTaskRunsThrottled', {
      'for': '10m',
      latency_class: 'slow',
      // A minute bridges lost scrapes; the series is gone while nothing is throttled.
      value: |||
        sum by (<<by>>namespace, exported_namespace, limit) (
          label_replace(max_over_time(%s[<<scrape_minute>>s]), "limit", "quota", "", "")
          or label_replace(max_over_time(%s[<<scrape_minute>>s]), "limit", "node", "", "")
        )
      ||| % [q.scraped(t.throttled_by_quota.name), q.scraped(t.throttled_by_node.name)],
      above: '0',
      unit: 'short',
      legend: '{{limit}}',
      summary: 'Task runs cannot start, for want of quota or of room on the nodes.',
      description: '{{ $value }} task runs wait, held up by the limit: {{ $labels.limit }}.',
      fault: 'a task run is throttled and stays so',
      window_share: '0',
      source: 'scrape',
      budget: 645,
    }),
    a.alert('ObskitTektonResolutionStuck', {
      latency_class: 'slow',
      // Every run waits a moment: what counts is that a good part of all of them does so at every scrape.
      value: |||
        (
          max by (<<by>>namespace) (min_over_time(%s[5m]))
          + max by (<<by>>namespace) (min_over_time(%s[5m]))
        ) / max by (<<by>>namespace) (max_over_time(%s[5m]))
      ||| % [q.scraped(metric.name) for metric in [t.waiting_on_pipeline, t.waiting_on_task, t.running_pipelineruns]],
      above: '<<param:share>>',
      unit: 'percentunit',
      params: { share: a.param('0.2', 0.01, 0.99, 'ratio', 'Share of the running pipelines that waits at every scrape.') },
      summary: 'Runs wait for their pipeline or their tasks to be fetched.',
      description: '{{ $value | humanizePercentage }} of the running pipelines have waited for 5 minutes until a pipeline or a task is fetched.',
      fault: 'nothing that is remote is fetched any more, and a fifth of the runs waits',
      window_share: '1',
      source: 'scrape',
      budget: 335,
    }),
    a.alert('ObskitTektonControllerBehind', {
      latency_class: 'slow',
      value: |||
        max by (<<by>>namespace, name) (
          min_over_time(%s[5m])
          or min_over_time(%s[5m])
        )
      ||| % [q.scraped(t.workqueue_depth.name), q.scraped(t.workqueue_depth_old.name)],
      above: '<<param:depth>>',
      unit: 'short',
      legend: '{{name}}',
      params: { depth: a.param('50', 1, 1000000, 'objects', 'Objects that always wait.') },
      summary: 'The controller of Tekton does not keep up.',
      description: 'There were always {{ $value }} objects or more in the queue {{ $labels.name }} for 5 minutes.',
      fault: 'the queue of the controller grows beyond the line and stays there',
      window_share: '1',
      source: 'scrape',
      budget: 335,
    }),
    a.alert('ObskitTektonUnseen', {
      'for': '2m',
      latency_class: 'normal',
      // It is there while nothing runs.
      value: q.unseen(q.scraped(t.waiting_on_pipeline.name)),
      above: '0',
      unit: 'short',
      legend: '{{namespace}} {{job}}',
      summary: 'Nobody tells of the controller of Tekton any more.',
      description: 'The controller of Tekton was seen within the last hour as {{ $labels.job }} in namespace {{ $labels.namespace }}, and is not any more.',
      fault: 'the controller of Tekton is gone',
      window_share: '0',
      source: 'scrape',
      budget: 165,
    }),
  ]
