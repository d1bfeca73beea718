// Alerts on GitLab CI: the pipelines of branches and tags, and the runners that run their jobs.
local a = import '../lib/alert.libsonnet';
local q = import '../lib/promql.libsonnet';

function(obskit)
  local g = obskit.gitlab;
  local source = '<<by>>namespace, project, kind, ref, source';
  local ref = '<<by>>namespace, project, kind, ref';
  local runner = '<<by>>namespace, runner, runner_name';
  // Merge requests are red on the way.
  local last(metric, extra='') = q.scraped(metric.name, 'kind!="merge-request"' + extra);
  local of(metric, extra='') = 'max by (%s) (%s)' % [source, last(metric, extra)];
  // Each source of a branch keeps its last pipeline for a while: only the youngest of all counts.
  local youngest = 'on (%s) %s >= on (%s) group_left max by (%s) (%s)' % [source, of(g.pipeline_id), ref, ref, last(g.pipeline_id)];
  local recent = 'on (%s) time() - %s < <<param:hours>> * 3600' % [source, of(g.pipeline_timestamp)];
  local hours(default) = { hours: a.param(default, 1, 8760, 'hours', 'How long ago the pipeline may have changed.') };
  [
    a.alert('ObskitGitlabPipelineFailing', {
      latency_class: 'normal',
      keep_firing_for: '10m',
      value: 'max by (%s) (max_over_time(%s[<<scrape_minute>>s]))' % [source, last(g.pipeline_status, ', status=~"failed|error"')],
      above: '0',
      unit: 'short',
      legend: '{{project}} {{ref}}',
      guard: youngest + '\nand ' + recent,
      params: hours('24'),
      summary: 'The last pipeline of a branch or a tag failed.',
      description: 'The last pipeline of {{ $labels.kind }} {{ $labels.ref }} of {{ $labels.project }} failed (started by: {{ $labels.source }}).',
      fault: 'the exporter sees that a pipeline failed',
      window_share: '0',
      source: 'scrape',
      budget: 45,
    }),
    a.alert('ObskitGitlabPipelineSlow', {
      latency_class: 'normal',
      keep_firing_for: '10m',
      // Half of the six hours before, as they were: 0 while a pipeline runs, and nothing when it always did.
      value: '%s\n/ (max by (%s) (quantile_over_time(0.5, %s[6h] offset 10m)) > 0)' % [of(g.pipeline_duration), source, last(g.pipeline_duration)],
      above: '<<param:times>>',
      unit: 'short',
      legend: '{{project}} {{ref}}',
      guard: |||
        on (%s) %s > <<param:seconds>>
        and on (%s) %s == 1
        and %s
      ||| % [source, of(g.pipeline_duration), source, of(g.pipeline_status, ', status=~"success|success_with_warnings"'), recent],
      params: hours('1') {
        times: a.param('2', 1.1, 100, 'times', 'How many times as long as the median of the six hours before.'),
        seconds: a.param('300', 1, 86400, 'seconds', 'How long it must have taken, at the least.'),
      },
      summary: 'The last pipeline of a branch or a tag took much longer than those before.',
      description: 'The last pipeline of {{ $labels.kind }} {{ $labels.ref }} of {{ $labels.project }} took {{ $value | printf "%.1f" }} times as long as usual.',
      fault: 'a pipeline succeeds after three times the usual time',
      window_share: '0',
      source: 'scrape',
      budget: 45,
    }),
    a.alert('ObskitGitlabPipelinePending', {
      latency_class: 'slow',
      // Sums, and not counts: with every status there as 1 or 0, and with one alone.
      value: 'sum by (%(s)s) (sum_over_time(%(pending)s[15m]))\n/ sum by (%(s)s) (sum_over_time(%(all)s[15m]))' % {
        s: source,
        pending: last(g.pipeline_status, ', status="pending"'),
        all: last(g.pipeline_status),
      },
      above: '<<param:share>>',
      unit: 'percentunit',
      legend: '{{project}} {{ref}}',
      guard: 'on (%s) sum_over_time(%s[5m] offset 15m) > 0\nand %s' % [source, last(g.pipeline_status), youngest],
      params: { share: a.param('0.9', 0.1, 0.99, 'ratio', 'Share of the window that the pipeline must have been pending.') },
      summary: 'No runner takes the jobs of a pipeline.',
      description: 'The pipeline of {{ $labels.kind }} {{ $labels.ref }} of {{ $labels.project }} was pending for {{ $value | humanizePercentage }} of the last 15 minutes.',
      fault: 'a pipeline becomes pending and stays so',
      window_share: '0.92',
      source: 'scrape',
      budget: 864,
    }),
    a.alert('ObskitGitlabPipelineQueued', {
      latency_class: 'normal',
      value: of(g.pipeline_queued_duration),
      above: '<<param:seconds>>',
      unit: 's',
      legend: '{{project}} {{ref}}',
      guard: youngest + '\nand ' + recent,
      params: hours('1') { seconds: a.param('300', 1, 86400, 'seconds', 'How long a pipeline may wait before it runs.') },
      summary: 'A pipeline waited long before it ran.',
      description: 'The last pipeline of {{ $labels.kind }} {{ $labels.ref }} of {{ $labels.project }} waited {{ $value | humanizeDuration }} before it ran.',
      fault: 'a pipeline begins after ten minutes in the queue',
      window_share: '0',
      source: 'scrape',
      budget: 45,
    }),
    a.alert('ObskitGitlabRunnerSaturated', {
      latency_class: 'slow',
      // States come and go, slots stay: sums over time are jobs and slots times samples.
      value: |||
        sum by (<<by>>namespace, instance) (sum_over_time(%(jobs)s[10m]))
        / sum by (<<by>>namespace, instance) (sum_over_time(%(concurrent)s[10m]))
        or sum by (<<by>>namespace, instance, runner, runner_name) (sum_over_time(%(jobs)s[10m]))
        / (sum by (<<by>>namespace, instance, runner, runner_name) (sum_over_time(%(limit)s[10m])) > 0)
      ||| % { jobs: q.scraped(g.runner_jobs.name), concurrent: q.scraped(g.runner_concurrent.name), limit: q.scraped(g.runner_limit.name) },
      above: '<<param:share>>',
      unit: 'percentunit',
      legend: '{{instance}} {{runner_name}}',
      guard: 'on (<<by>>namespace, instance) count_over_time(%s[5m] offset 10m)' % q.scraped(g.runner_concurrent.name),
      params: { share: a.param('0.9', 0.1, 1, 'ratio', 'Share of the slots that was in use, over the window.') },
      summary: 'A GitLab runner has no slot left.',
      description: 'The runner at {{ $labels.instance }}{{ with $labels.runner_name }} called {{ . }}{{ end }} used {{ $value | humanizePercentage }} of its slots within 10 minutes.',
      fault: 'all slots of an idle runner are taken and stay so',
      window_share: '0.92',
      source: 'scrape',
      budget: 588,
    }),
    a.alert('ObskitGitlabJobsQueued', {
      judged: true,
      latency_class: 'slow',
      keep_firing_for: '5m',
      // Five minutes are a bucket, and the same in every version of Prometheus.
      value:
        local n = '900 * sum by (%s) (rate(%s[15m]))' % [runner, q.scraped(g.runner_job_queue_duration.count)];
        local soon = '900 * sum by (%s) (rate(%s[15m]))' % [runner, q.scraped(g.runner_job_queue_duration.bucket, 'le=~"300|300\\\\.0"')];
        q.wilsonOf('(%s - %s)' % [n, soon], '(%s)' % n),
      above: '<<param:share>>',
      unit: 'percentunit',
      legend: '{{runner_name}}',
      params: { share: a.param('0.2', 0.01, 0.99, 'ratio', 'Share of jobs that waited, which even the lower bound (three sigma) exceeds.') },
      summary: 'Jobs wait long until a GitLab runner takes them.',
      description: 'At least {{ $value | humanizePercentage }} of the jobs that runner {{ $labels.runner }} took within 15 minutes had waited more than 5.',
      fault: 'every job waits ten minutes, of two a minute that did not wait before',
      window_share: '0.65',
      source: 'scrape',
      budget: 624,
    }),
    a.alert('ObskitGitlabRunnerSystemFailures', {
      judged: true,
      severity: 'critical',
      latency_class: 'slow',
      keep_firing_for: '5m',
      // What a script fails with is not the runner's fault; these are, and the first of them makes its series.
      value:
        local n = '(900 * sum by (%s) (rate(%s[15m])))' % [runner, q.scraped(g.runner_jobs_total.name)];
        local failed = '(900 * sum by (%s) (rate(%s[15m])))' % [
          runner,
          q.scraped(g.runner_failed_jobs.name, 'failure_reason=~"runner_system_failure|runner_configuration_error|runner_external_dependency_failure|image_pull_failure"'),
        ];
        q.wilsonOf(failed, n),
      above: '<<param:share>>',
      unit: 'percentunit',
      legend: '{{runner_name}}',
      params: { share: a.param('0.2', 0.01, 0.99, 'ratio', 'Share of jobs that the runner failed, which even the lower bound (three sigma) exceeds.') },
      summary: 'A GitLab runner fails jobs by itself.',
      description: 'At least {{ $value | humanizePercentage }} of the jobs of runner {{ $labels.runner }} within 15 minutes failed because of the runner or its images.',
      fault: 'every job fails by the system, of two a minute',
      window_share: '0.7',
      source: 'scrape',
      budget: 668,
    }),
    a.alert('ObskitGitlabRunnerApiFailing', {
      judged: true,
      severity: 'critical',
      latency_class: 'normal',
      keep_firing_for: '2m',
      // 204 is no job and 409 one that another runner took: both are good answers.
      value:
        local n = '(300 * sum by (<<by>>namespace, runner) (rate(%s[5m])))' % q.scraped(g.runner_api_requests.name, 'endpoint="request_job"');
        local failed = '(300 * sum by (<<by>>namespace, runner) (rate(%s[5m])))' % q.scraped(g.runner_api_requests.name, 'endpoint="request_job", status=~"401|403|404|429|5.."');
        q.wilsonOf(failed, n),
      above: '<<param:share>>',
      unit: 'percentunit',
      legend: '{{runner}}',
      params: { share: a.param('0.5', 0.05, 0.99, 'ratio', 'Share of refused requests that even the lower bound (three sigma) exceeds.') },
      summary: 'GitLab refuses the requests of a runner for jobs.',
      description: 'GitLab refused at least {{ $value | humanizePercentage }} of the requests of runner {{ $labels.runner }} for a job within 5 minutes.',
      fault: 'every request of a runner for a job, one in three seconds, is refused',
      window_share: '0.7',
      source: 'scrape',
      budget: 248,
    }),
    a.alert('ObskitGitlabRunnerCutOff', {
      severity: 'critical',
      latency_class: 'normal',
      keep_firing_for: '2m',
      // What gets no answer is not counted: a runner that asks or reports has some every minute.
      value: 'sum by (<<by>>namespace, runner) (rate(%s[5m])) * 300' % q.scraped(g.runner_api_requests.name),
      below: '1',
      unit: 'short',
      legend: '{{runner}}',
      // What is in the configuration, and was five minutes ago: no runner that was removed, nor one that has just begun.
      guard: |||
        on (<<by>>namespace, runner) %(limit)s
        and on (<<by>>namespace, runner) %(limit)s offset 5m
      ||| % { limit: q.scraped(g.runner_limit.name) },
      summary: 'A GitLab runner gets no answer from GitLab any more.',
      description: 'No request of runner {{ $labels.runner }} to GitLab was answered within 5 minutes.',
      fault: 'GitLab does not answer a runner any more',
      window_share: '1',
      source: 'scrape',
      budget: 335,
    }),
    a.alert('ObskitGitlabUnseen', {
      'for': '5m',
      latency_class: 'slow',
      // An exporter that is started anew first asks GitLab for everything.
      value: q.unseenOf({
        pipelines: q.scraped(g.pipeline_id.name),
        runners: q.scraped(g.runner_concurrent.name),
      }),
      above: '0',
      unit: 'short',
      legend: '{{namespace}} {{job}} {{of}}',
      summary: 'Nobody tells of pipelines, or of runners, of GitLab any more.',
      description: 'Within the last hour {{ $labels.job }} told of {{ $labels.of }}, and tells of none any more.',
      fault: 'the last runner of a job, or the exporter of pipelines, is gone',
      window_share: '0',
      source: 'scrape',
      budget: 345,
    }),
  ]
