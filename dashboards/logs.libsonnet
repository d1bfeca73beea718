local p = import 'lib/panel.libsonnet';

function(obskit)
  local t = obskit.telemetry;
  local stream = '{%s="<<service>>", %s="<<namespace>>"}' % [t.log_service_name.name, t.log_namespace.name];
  {
    title: 'logs',
    description: 'Log lines of the service; a line leads to its trace by its trace id.',
    uses: ['loki_datasource'],
    panels: [
      p.counts('volume', 'Lines', 'Lines a second by level.', 'sum by (%s) (rate(%s [$__auto]))' % [t.log_level.name, stream], '{{%s}}' % t.log_level.name),
      p.lines('errors', 'Errors', 'Lines of level ERROR and above.', '%s | %s=~"ERROR|CRITICAL"' % [stream, t.log_severity.name], height=10),
      p.lines('lines', 'All lines', 'Every line, newest first.', stream),
    ],
  }
