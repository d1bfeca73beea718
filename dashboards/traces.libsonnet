local p = import 'lib/panel.libsonnet';

function(obskit)
  local http = obskit.http;
  {
    title: 'traces',
    description: 'Requests of the service in Jaeger: the slow ones, the failed ones, the latest.',
    uses: ['jaeger_datasource'],
    panels: [
      p.traces('slow', 'Slow requests', 'Traces of at least 250 ms.', '<<service>>', least='250ms'),
      p.traces('failed', 'Failed requests', 'Traces with an answer of 500.', '<<service>>', tags='%s=500' % http.status_code.name),
      p.traces('latest', 'Latest requests', 'The latest traces.', '<<service>>'),
    ],
  }
