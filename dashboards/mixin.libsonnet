// The dashboards: function(obskit) → slug → {dashboard, keys}, where `obskit` is the catalogue. `groups` are those of the
// alerts, for who has evaluated them already; as data, since an engine may evaluate a field anew whenever it is read.
// A board has panels made by hand, then those of the alerts that have none; that of a platform pack has these alone.
local pack = import 'alerts/mixin.libsonnet';
local board = import 'lib/board.libsonnet';
local drawn = import 'lib/drawn.libsonnet';

function(obskit, groups=std.parseJson(std.toString(pack(obskit).groups)))
  local sources = {
    service: import 'service.libsonnet',
    database: import 'database.libsonnet',
    shards: import 'shards.libsonnet',
    pods: import 'pods.libsonnet',
    runtime: import 'runtime.libsonnet',
    telemetry: import 'telemetry.libsonnet',
    logs: import 'logs.libsonnet',
    traces: import 'traces.libsonnet',
  };
  local slugs = ['service', 'database', 'shards', 'pods', 'runtime', 'telemetry', 'logs', 'traces'];
  local extra = drawn.boards(groups);
  local naming = drawn.naming(groups);
  local of(slug) =
    if slug in sources then sources[slug](obskit)
    else { title: slug, description: 'What the alerts on %s compare, and the lines at which they fire.' % slug, panels: [] };
  {
    [slug]:
      local made = of(slug);
      board.board(
        slug,
        made.title,
        made.description,
        [drawn.named(panel, slug, naming) for panel in made.panels] + std.get(extra, slug, []),
        slugs,
        obskit.telemetry.alerts.name,
        if 'uses' in made then made.uses else ['datasource']
      )
    for slug in slugs + std.setDiff(std.objectFields(extra), std.set(slugs))
  }
