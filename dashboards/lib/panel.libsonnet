// Panels as Grafana reads them. A panel has a key, by which an alert names it; its id and place are given by board.libsonnet.
{
  prometheus:: { type: 'prometheus', uid: '${datasource}' },
  loki:: { type: 'loki', uid: '${loki_datasource}' },
  jaeger:: { type: 'jaeger', uid: '${jaeger_datasource}' },

  // A series of the service itself; `extra` is further matchers, each with a comma before it.
  own(series, extra=''):: '%s{job="<<job>>"%s}' % [series, extra],
  // A pushed gauge: a process that is gone leaves its last value for five minutes; this is gone with it.
  fresh(series, extra=''):: 'last_over_time(%s[<<window>>])' % self.own(series, extra),

  // A PromQL query; `legend` is a template of labels.
  query(expr, legend='', extra={}):: { expr: expr, legendFormat: legend, datasource: $.prometheus, editorMode: 'code', range: true } + extra,

  local base(type, key, title, description, width, height) = {
    key:: key,
    type: type,
    title: title,
    description: description,
    datasource: $.prometheus,
    gridPos: { w: width, h: height },
  },
  local targets(list) = [list[i] { refId: std.char(65 + i) } for i in std.range(0, std.length(list) - 1)],

  // `limits` are thresholds, drawn as lines: above(…) or between(…).
  timeseries(key, title, description, unit, queries, width=12, height=8, limits=[], stack=false)::
    base('timeseries', key, title, description, width, height) + {
      targets: targets(queries),
      fieldConfig: {
        defaults: {
          unit: unit,
          min: if limits == [] then 0 else null,
          custom: {
            drawStyle: 'line',
            lineWidth: 1,
            fillOpacity: if stack then 30 else 5,
            showPoints: 'never',
            stacking: { mode: if stack then 'normal' else 'none' },
            thresholdsStyle: { mode: if limits == [] then 'off' else 'line' },
          },
          thresholds: { mode: 'absolute', steps: if limits == [] then [{ color: 'green', value: null }] else limits },
        },
        overrides: [],
      },
      options: { legend: { displayMode: 'list', placement: 'bottom', showLegend: true }, tooltip: { mode: 'multi', sort: 'desc' } },
    },

  bars(key, title, description, unit, queries, width=12, height=8)::
    base('bargauge', key, title, description, width, height) + {
      targets: targets([q { instant: true, range: false } for q in queries]),
      fieldConfig: { defaults: { unit: unit, min: 0, color: { mode: 'continuous-GrYlRd' } }, overrides: [] },
      options: { displayMode: 'gradient', orientation: 'horizontal', reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false } },
    },

  table(key, title, description, queries, width=12, height=8)::
    base('table', key, title, description, width, height) + {
      targets: targets([q { instant: true, range: false, format: 'table' } for q in queries]),
      fieldConfig: { defaults: { unit: 'short', custom: { align: 'auto' } }, overrides: [] },
      options: { showHeader: true },
      transformations: [{ id: 'organize', options: { excludeByName: { Time: true, job: true } } }],
    },

  // LogQL.
  lines(key, title, description, expr, width=24, height=16)::
    base('logs', key, title, description, width, height) + {
      datasource: $.loki,
      targets: [{ refId: 'A', expr: expr, datasource: $.loki, queryType: 'range' }],
      options: { showTime: true, wrapLogMessage: true, enableLogDetails: true, sortOrder: 'Descending', dedupStrategy: 'none' },
    },
  log_query(expr, legend=''):: { expr: expr, legendFormat: legend, datasource: $.loki, queryType: 'range' },
  counts(key, title, description, expr, legend, width=24, height=7)::
    self.timeseries(key, title, description, 'short', [self.log_query(expr, legend)], width, height, stack=true)
    { datasource: $.loki },

  // Search in Jaeger; `tags` is text such as 'error=true', as its own search form takes it.
  traces(key, title, description, service, tags='', least='', width=24, height=9)::
    base('table', key, title, description, width, height) + {
      datasource: $.jaeger,
      targets: [
        { refId: 'A', queryType: 'search', service: service, limit: 30, datasource: $.jaeger }
        + (if tags == '' then {} else { tags: tags })
        + (if least == '' then {} else { minDuration: least }),
      ],
      fieldConfig: { defaults: { unit: 'short' }, overrides: [] },
      options: { showHeader: true },
    },

  // Where an alert fires: above a value, below one, or outside of two.
  above(value):: [{ color: 'green', value: null }, { color: 'red', value: value }],
  below(value):: [{ color: 'red', value: null }, { color: 'green', value: value }],
  between(low, high):: [{ color: 'red', value: null }, { color: 'green', value: low }, { color: 'red', value: high }],
  // The value that a parameter of an alert has in the project.
  param(alert, name):: '<<limit:%s.%s>>' % [alert, name],
}
