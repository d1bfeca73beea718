// A dashboard: panels in rows of 24 columns, the variables of its data sources, links to the others, annotations.
{
  // Places from left to right and from top to bottom; a row is as high as its highest panel. States are lists of
  // x, y, height of the row, panels: an engine may evaluate a field anew whenever it is read, but no element of a list.
  local place(panels) =
    std.foldl(
      function(state, panel)
        local size = panel.gridPos;
        local wraps = state[0] + size.w > 24;
        local x = if wraps then 0 else state[0];
        local y = if wraps then state[1] + state[2] else state[1];
        [
          x + size.w,
          y,
          if wraps then size.h else std.max(state[2], size.h),
          state[3] + [panel { id: std.length(state[3]) + 1, gridPos: { x: x, y: y, w: size.w, h: size.h } }],
        ],
      panels,
      [0, 0, 0, []]
    )[3],

  local source(name, type, label) = {
    name: name,
    type: 'datasource',
    query: type,
    label: label,
    current: {},
    hide: 0,
    refresh: 1,
    regex: '',
    options: [],
    includeAll: false,
    multi: false,
  },
  local sources = {
    datasource: source('datasource', 'prometheus', 'Data source'),
    loki_datasource: source('loki_datasource', 'loki', 'Loki data source'),
    jaeger_datasource: source('jaeger_datasource', 'jaeger', 'Jaeger data source'),
  },

  // `slugs`: every dashboard of the pack, for the links; `alerts`: the series of alerts, for the annotations.
  board(slug, title, description, panels, slugs, alerts, uses=['datasource']):: {
    // Key -> place in the list of panels.
    keys: { [panels[i].key]: i for i in std.range(0, std.length(panels) - 1) },
    dashboard: {
      uid: '<<uid:%s>>' % slug,
      title: '<<namespace>>/<<service>>: %s' % title,
      description: description,
      tags: ['obskit', '<<service>>'],
      schemaVersion: 39,
      editable: false,
      graphTooltip: 1,
      refresh: '1m',
      time: { from: 'now-30m', to: 'now' },
      timezone: 'browser',
      templating: { list: [sources[name] for name in uses] },
      links: [
        { type: 'link', title: other, url: '/d/<<uid:%s>>' % other, keepTime: true, includeVars: false, targetBlank: false, icon: 'dashboard' }
        for other in slugs
        if other != slug
      ],
      annotations: {
        list: if std.member(uses, 'datasource') then [{
          name: 'Alerts',
          datasource: { type: 'prometheus', uid: '${datasource}' },
          enable: true,
          iconColor: 'red',
          expr: '%s{namespace="<<namespace>>", service="<<service>>", alertstate="firing"}' % alerts,
          titleFormat: '{{alertname}}',
        }] else [],
      },
      panels: place(panels),
    },
  },
}
