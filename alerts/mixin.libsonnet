// The pack: function(obskit) → groups, where `obskit` is the catalogue (obskit catalogue export --format json).
function(obskit)
  local families = {
    shards: (import 'shards.libsonnet')(obskit),
  };
  local records = {
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
      for family in ['shards']
    ],
  }
