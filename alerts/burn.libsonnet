// Alerts on the objectives of obskit.yaml: how fast the error budget of 30 days is used up, in two windows each.
// The long window says that it matters, the short one that it goes on. The pairs and rates are those of the Site
// Reliability Workbook, chapter 5: 2 % of the budget within an hour, 5 % within six, 10 % within a day and within three.
local a = import 'lib/alert.libsonnet';
local q = import 'lib/promql.libsonnet';

function(obskit)
  // How fast: 1 uses the budget up in exactly 30 days.
  local burn(name, window, budget) = '%s / <<%s>>' % [q.select('obskit:http_requests_%s:ratio_%s' % [name, window]), budget];
  // Each request is in as many counts as its increment is in windows.
  local missed(name, window) =
    'sum_over_time(%s[%s]) * <<evaluation_seconds>> / <<window_count>>' % [
      q.select('obskit:http_requests_%s:%s' % [name, if window == '1h' then 'count' else 'sum_5m']),
      window,
    ];
  local common(name, budget, long, short, rate, group) = {
    group: group,
    latency_class: 'slow',
    judged: true,
    value: burn(name, long, budget),
    above: '<<param:rate>>',
    guard: |||
      %s > <<param:rate>>
      and %s >= <<param:minimum>>
    ||| % [burn(name, short, budget), missed(name, long)],
    unit: 'short',
    params: {
      rate: a.param(rate, 0.1, 1000, 'ratio', 'How many times faster than over 30 days the error budget is used up.'),
      minimum: a.param('5', 1, 100000, 'requests', 'Requests of the long window that missed the objective, at the least.'),
    },
    window_share: '0.53',
  };
  local errors(long, short, rate) = common('failed', 'slo_failed', long, short, rate, 'errors');
  local latency(long, short, rate) = common('slow', 'slo_slow', long, short, rate, 'latency');
  local urgent = { severity: 'critical' };
  [
    a.alert('ObskitServiceErrorBudgetHour', errors('1h', '5m', '14.4') + urgent + {
      summary: 'The error budget of availability burns: measured over an hour, it lasts two days or less.',
      description: 'Over the last hour the error budget of availability was used up {{ $value | printf "%.0f" }} times as fast as it may be.',
      fault: 'twice as many requests fail as the line allows',
      // Of ten requests a second a few hundred fail within the hour, and chance takes some of them away.
      window_share: '0.55',
      budget: 2024,
      inhibited_by: a.held(['ObskitServiceErrors']),
    }),
    a.alert('ObskitServiceErrorBudgetSixHours', errors('6h', '30m', '6') + urgent + {
      summary: 'The error budget of availability burns: measured over six hours, it lasts five days or less.',
      description: 'Over the last six hours the error budget of availability was used up {{ $value | printf "%.0f" }} times as fast as it may be.',
      fault: 'twice as many requests fail as the line allows',
      budget: 11492,
      inhibited_by: a.held(['ObskitServiceErrors', 'ObskitServiceErrorBudgetHour']),
    }),
    a.alert('ObskitServiceErrorBudgetDay', errors('1d', '2h', '3') + {
      summary: 'The error budget of availability burns: measured over a day, it lasts ten days or less.',
      description: 'Over the last day the error budget of availability was used up {{ $value | printf "%.2g" }} times as fast as it may be.',
      fault: 'twice as many requests fail as the line allows',
      budget: 45836,
      inhibited_by: a.held(['ObskitServiceErrorBudgetHour', 'ObskitServiceErrorBudgetSixHours']),
    }),
    a.alert('ObskitServiceErrorBudgetThreeDays', errors('3d', '6h', '1') + {
      summary: 'The error budget of availability burns: measured over three days, it lasts thirty days or less.',
      description: 'Over the last three days the error budget of availability was used up {{ $value | printf "%.2g" }} times as fast as it may be.',
      fault: 'twice as many requests fail as the line allows',
      budget: 137420,
      inhibited_by: a.held(['ObskitServiceErrorBudgetHour', 'ObskitServiceErrorBudgetSixHours', 'ObskitServiceErrorBudgetDay']),
    }),
    a.alert('ObskitServiceLatencyBudgetHour', latency('1h', '5m', '14.4') + urgent + {
      summary: 'The error budget of latency burns: measured over an hour, it lasts two days or less.',
      description: 'Over the last hour the error budget of latency was used up {{ $value | printf "%.0f" }} times as fast as it may be.',
      fault: 'twice as many requests are slow as the line allows',
      budget: 1952,
    }),
    a.alert('ObskitServiceLatencyBudgetSixHours', latency('6h', '30m', '6') + urgent + {
      summary: 'The error budget of latency burns: measured over six hours, it lasts five days or less.',
      description: 'Over the last six hours the error budget of latency was used up {{ $value | printf "%.0f" }} times as fast as it may be.',
      fault: 'twice as many requests are slow as the line allows',
      budget: 11492,
      inhibited_by: a.held(['ObskitServiceLatencyBudgetHour']),
    }),
    a.alert('ObskitServiceLatencyBudgetDay', latency('1d', '2h', '3') + {
      summary: 'The error budget of latency burns: measured over a day, it lasts ten days or less.',
      description: 'Over the last day the error budget of latency was used up {{ $value | printf "%.2g" }} times as fast as it may be.',
      fault: 'twice as many requests are slow as the line allows',
      budget: 45836,
      inhibited_by: a.held(['ObskitServiceLatencyBudgetHour', 'ObskitServiceLatencyBudgetSixHours']),
    }),
    a.alert('ObskitServiceLatencyBudgetThreeDays', latency('3d', '6h', '1') + {
      summary: 'The error budget of latency burns: measured over three days, it lasts thirty days or less.',
      description: 'Over the last three days the error budget of latency was used up {{ $value | printf "%.2g" }} times as fast as it may be.',
      fault: 'twice as many requests are slow as the line allows',
      budget: 137420,
      inhibited_by: a.held(['ObskitServiceLatencyBudgetHour', 'ObskitServiceLatencyBudgetSixHours', 'ObskitServiceLatencyBudgetDay']),
    }),
  ]
