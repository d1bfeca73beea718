// What an alert is made of. Every field without a default must be given.
{
  // A threshold: text, since engines print numbers differently.
  param(default, minimum, maximum, unit, brief):: {
    default: default,
    minimum: minimum,
    maximum: maximum,
    unit: unit,
    brief: brief,
  },

  alert(name, fields):: {
    alert: name,
    family: error name + ': family is missing',
    expr: error name + ': expr is missing',
    'for': '0s',
    keep_firing_for: '0s',
    severity: 'warning',
    latency_class: 'fast',
    summary: error name + ': summary is missing',
    description: error name + ': description is missing',
    params: {},
    // The fault that the budget is promised for, and the share of the window that it needs (f in the formula).
    fault: error name + ': fault is missing',
    window_share: '1',
    source: 'otlp',
    budget: error name + ': budget (promised seconds) is missing',
    panel: error name + ': panel is missing',
  } + fields,

  record(name, expr):: { record: name, expr: expr },
}
