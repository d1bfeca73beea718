// Alerts on HorizontalPodAutoscalers: at their limits, restless, slowed down, without their metrics, without power.
local a = import '../lib/alert.libsonnet';
local q = import '../lib/promql.libsonnet';

function(obskit)
  local h = obskit.autoscaling;
  local autoscaler = '<<by>>namespace, horizontalpodautoscaler';
  // Of several kube-state-metrics one, and of a lost scrape the value before: `for` would begin anew.
  local now(record, extra='') = 'max by (%s) (last_over_time(%s[<<scrape_window>>]))' % [autoscaler, q.scraped(record.name, extra)];
  local condition(type, status) = now(h.condition, 'condition="%s", status="%s"' % [type, status]);
  local name = '{{ $labels.horizontalpodautoscaler }} in namespace {{ $labels.namespace }}';
  local names = {
    by: autoscaler,
    max: now(h.max_replicas),
    min: now(h.min_replicas),
    current: now(h.current_replicas),
    desired: now(h.desired_replicas),
    limited: condition('ScalingLimited', 'true'),
    lately: 'max by (%s) (max_over_time(%s[15m]))' % [autoscaler, q.scraped(h.desired_replicas.name)],
    spec: q.scraped(h.spec_metric.name),
    status: 'last_over_time(%s[<<scrape_window>>])' % q.scraped(h.status_metric.name),
  };
  [
    a.alert('ObskitAutoscalerAtMaximum', {
      'for': '5m',
      keep_firing_for: '5m',
      latency_class: 'slow',
      // At its maximum and content is what it should be: only one that is held back there (ScalingLimited) wants more.
      value: '%(current)s / %(max)s' % names,
      above: '0.999',
      unit: 'percentunit',
      legend: '{{namespace}}/{{horizontalpodautoscaler}}',
      guard: |||
        %(desired)s >= %(max)s
        and %(max)s > %(min)s
        and %(limited)s == 1
      ||| % names,
      summary: 'An autoscaler is at its maximum and wants more.',
      description: 'Autoscaler %s has been at its maximum for five minutes, and would add replicas if it could.' % name,
      fault: 'the load outgrows the maximum of an autoscaler',
      window_share: '0',
      source: 'scrape',
      budget: 345,
    }),
    a.alert('ObskitAutoscalerFlapping', {
      keep_firing_for: '10m',
      latency_class: 'slow',
      // Turns and not changes: a peak has many changes up, many down, and one turn.
      value: 'changes(%s[30m])' % q.select('obskit:autoscaler:direction'),
      above: '<<param:turns>>',
      unit: 'short',
      legend: '{{namespace}}/{{horizontalpodautoscaler}}',
      params: { turns: a.param('5', 1, 100, 'turns', 'Turns from up to down or back within half an hour that are borne; three full cycles are 6.') },
      summary: 'An autoscaler goes up and down again and again.',
      description: 'Autoscaler %s turned {{ $value }} times within half an hour.' % name,
      fault: 'the sixth turn within half an hour',
      window_share: '0',
      source: 'scrape',
      budget: 45,
    }),
    a.alert('ObskitAutoscalerThrottled', {
      'for': '2m',
      keep_firing_for: '2m',
      latency_class: 'normal',
      // Between its bounds nothing but a policy limits it; on the way down that is what the policy is for.
      value: names.limited,
      above: '0',
      unit: 'bool',
      legend: '{{namespace}}/{{horizontalpodautoscaler}}',
      guard: |||
        %(desired)s < %(max)s
        and %(desired)s > %(min)s
        unless %(lately)s > %(desired)s
      ||| % names,
      summary: 'An autoscaler may not scale up as fast as it wants.',
      description: 'Autoscaler %s has wanted more replicas for two minutes than its policy for scaling up allows.' % name,
      fault: 'the load grows faster than the policy of an autoscaler allows',
      window_share: '0',
      source: 'scrape',
      budget: 165,
    }),
    a.alert('ObskitAutoscalerMetricMissing', {
      'for': '3m',
      keep_firing_for: '2m',
      severity: 'critical',
      latency_class: 'normal',
      // With one metric of several it scales up still, never down, and its conditions say nothing.
      value: |||
        %(inactive)s
        or count by (%(by)s) (
          max by (%(by)s, metric_name) (last_over_time(%(spec)s[<<scrape_window>>]))
          unless on (%(by)s, metric_name) %(status)s
        ) and on (%(by)s) %(status)s
      ||| % names { inactive: condition('ScalingActive', 'false') + ' > 0' },
      above: '0',
      unit: 'short',
      legend: '{{namespace}}/{{horizontalpodautoscaler}}',
      guard: '%(current)s > 0' % names,
      summary: 'An autoscaler does not get its metrics.',
      description: 'Autoscaler %s has lacked a metric for three minutes: it cannot follow the load.' % name,
      fault: 'the metrics API no longer has the metric of an autoscaler',
      window_share: '0',
      source: 'scrape',
      budget: 225,
    }),
    a.alert('ObskitAutoscalerUnable', {
      'for': '1m',
      keep_firing_for: '2m',
      severity: 'critical',
      latency_class: 'normal',
      value: condition('AbleToScale', 'false'),
      above: '0',
      unit: 'bool',
      legend: '{{namespace}}/{{horizontalpodautoscaler}}',
      summary: 'An autoscaler cannot read or change the scale of its target.',
      description: 'Autoscaler %s has not been able to read or change the number of replicas of its target for a minute.' % name,
      fault: 'the target of an autoscaler is gone',
      window_share: '0',
      source: 'scrape',
      budget: 105,
    }),
  ]
