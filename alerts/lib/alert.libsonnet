// What an alert is made of. Every field without a default must be given.
local q = import 'promql.libsonnet';

{
  // A threshold: text, since engines print numbers differently.
  param(default, minimum, maximum, unit, brief):: {
    default: default,
    minimum: minimum,
    maximum: maximum,
    unit: unit,
    brief: brief,
  },

  // An alert has either expr and panel, or value, above or below, and unit: what it compares with which line. Then the
  // expression follows, and so does a panel that draws both on the dashboard `board`.
  alert(name, fields):: {
    local this = self,
    local value = q.chomp(this.value),
    local loose = value != std.strReplace(value, '\n', ''),
    local side = if loose then '(\n' + value + '\n)' else this.value,
    alert: name,
    // promql, or logql: then Loki's ruler evaluates it, which knows no keep_firing_for. A group is in one language.
    language: 'promql',
    group: '',
    value: '',
    above: '',
    below: '',
    guard: '',
    expr:
      if this.value == '' then error name + ': expr is missing'
      else std.join('\nand ', [
        side + (if this.above != '' then ' > ' + this.above else ' < ' + this.below),
      ] + (if this.guard == '' then [] else [q.chomp(this.guard)])),
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
    // It decides by statistics: benchmarks/false_positives says how often it is wrong, and what it finds.
    judged: false,
    budget: error name + ': budget (promised seconds) is missing',
    // One that fires as long as all is well: the route sends it on and on, and never to people.
    heartbeat: false,
    // What says the same better: while such an alert fires for the same thing, this one is held back. Made by `held`.
    inhibited_by: {},
    board: '',
    panel: if this.value == '' then error name + ': panel is missing' else '',
    unit: if this.panel == '' then error name + ': unit is missing' else '',
    legend: '',
    // What its panel draws as a line: a parameter, or a number as text; or why a line would say nothing.
    line: if this.above != '' then this.above else this.below,
    no_line: if this.line == '' then error name + ': line or no_line is missing' else '',
  } + fields,

  // Alerts -> the labels of which both must have the same values, beside those of the service.
  held(names, labels=[]):: { [name]: labels for name in names },

  record(name, expr, group=''):: { record: name, expr: expr, group: group },
}
