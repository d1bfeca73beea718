// Groups of a family: its records and alerts in the order given, one group for each value of `group`.
function(family, scope, rules) [
  {
    name: std.join('-', ['obskit', family] + (if group == '' then [] else [group])),
    family: family,
    scope: scope,
    rules: [
      rule { group:: '' } + (if 'alert' in rule then { family: family, board: if rule.board == '' then family else rule.board } else {})
      for rule in rules
      if rule.group == group
    ],
  }
  for group in std.uniq(std.sort([rule.group for rule in rules]))
]
