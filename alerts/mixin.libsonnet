// The pack: function(obskit) → groups, where `obskit` is the catalogue (obskit catalogue export --format json).
function(obskit)
  local families = {
    database: (import 'database.libsonnet')(obskit),
    pods: (import 'pods.libsonnet')(obskit),
    shards: (import 'shards.libsonnet')(obskit),
  };
  local records = {
    database: (import 'rules/database.libsonnet')(obskit),
    shards: (import 'rules/shards.libsonnet')(obskit),
  };
  {
    groups: [
      {
        name: 'obskit-' + family,
        family: family,
        rules: (if family in records then records[family] else []) +
               [rule { family: family } for rule in families[family]],
      }
      for family in ['database', 'pods', 'shards']
    ],
  }
