// Panels of alerts that say what they compare with which line: both are drawn.
local p = import 'panel.libsonnet';

{
  // A threshold is a parameter of the alert, or a number.
  local limit(alert) =
    if std.startsWith(alert.line, '<<param:') then p.param(alert.alert, std.substr(alert.line, 8, std.length(alert.line) - 10))
    else std.parseJson(alert.line),
  // What a panel says of the line of an alert; obskit check holds it against the lines that are drawn.
  local said(alert) =
    if alert.no_line != '' then '%s has no line: %s.' % [alert.alert, alert.no_line]
    else '%s has its line at %s.' % [alert.alert, limit(alert)],
  local known(alert, text) = std.strReplace(text, '<<param:', '<<limit:%s.' % alert.alert),

  // The query of an alert, of the data source that its language is for.
  local query(alert) =
    local expr = known(alert, alert.value);
    if alert.language == 'logql' then p.log_query(expr, alert.legend) else p.query(expr, alert.legend),

  panel(alert)::
    local side = if alert.above != '' then 'above' else 'below';
    local asked = query(alert);
    local line = limit(alert);
    p.timeseries(
      alert.alert,
      if std.endsWith(alert.summary, '.') then std.substr(alert.summary, 0, std.length(alert.summary) - 1) else alert.summary,
      alert.summary + ' ' + said(alert) + ' It fires ' + side + '.',
      alert.unit,
      [asked],
      limits=if side == 'above' then p.above(line) else p.below(line)
    ) + { datasource: asked.datasource },

  // The alerts that name a panel made by hand.
  naming(groups):: [rule for group in groups for rule in group.rules if 'alert' in rule && rule.panel != ''],

  // A panel made by hand, with what there is to say of the alerts that name it.
  named(panel, slug, alerts)::
    local own = slug + '#' + panel.key;
    panel { description: std.join(' ', [panel.description] + [said(alert) for alert in alerts if alert.panel == own]) },

  // Panels by board, of every alert of these groups that has no panel of its own.
  boards(groups)::
    local alerts = [rule for group in groups for rule in group.rules if 'alert' in rule && rule.panel == ''];
    {
      [board]: [$.panel(alert) for alert in alerts if alert.board == board]
      for board in std.set([alert.board for alert in alerts])
    },
}
