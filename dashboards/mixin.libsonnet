// The dashboards: function(obskit) → slug → {dashboard, keys}, where `obskit` is the catalogue.
function(obskit)
  local board = import 'lib/board.libsonnet';
  local sources = {
    service: import 'service.libsonnet',
    database: import 'database.libsonnet',
    shards: import 'shards.libsonnet',
    pods: import 'pods.libsonnet',
    logs: import 'logs.libsonnet',
    traces: import 'traces.libsonnet',
  };
  local slugs = ['service', 'database', 'shards', 'pods', 'logs', 'traces'];
  {
    [slug]:
      local made = sources[slug](obskit);
      board.board(
        slug,
        made.title,
        made.description,
        made.panels,
        slugs,
        obskit.telemetry.alerts.name,
        if 'uses' in made then made.uses else ['datasource']
      )
    for slug in slugs
  }
