// The pack: function(obskit) → {groups, analysis}, where `obskit` is the catalogue (obskit catalogue export --format json).
local groups = import 'lib/groups.libsonnet';

function(obskit)
  // On by default, of one service.
  local families = {
    database: [import 'rules/database.libsonnet', import 'database.libsonnet'],
    logs: [import 'logs.libsonnet'],
    pods: [import 'pods.libsonnet'],
    runtime: [import 'rules/runtime.libsonnet', import 'runtime.libsonnet'],
    service: [import 'rules/service.libsonnet', import 'service.libsonnet', import 'rules/burn.libsonnet', import 'burn.libsonnet'],
    shards: [import 'rules/shards.libsonnet', import 'rules/siblings.libsonnet', import 'shards.libsonnet'],
    telemetry: [import 'rules/telemetry.libsonnet', import 'telemetry.libsonnet', import 'sidecars.libsonnet'],
  };
  // Off by default, of what the service stands on.
  local packs = {
    argocd: [import 'packs/argocd.libsonnet'],
    autoscaling: [import 'rules/autoscaling.libsonnet', import 'packs/autoscaling.libsonnet'],
    cloudsql: [import 'packs/cloudsql.libsonnet'],
    gitlab: [import 'packs/gitlab.libsonnet'],
    ingress: [import 'rules/ingress.libsonnet', import 'packs/ingress.libsonnet'],
    istio: [import 'rules/istio.libsonnet', import 'packs/istio.libsonnet'],
    kubevirt: [import 'packs/kubevirt.libsonnet'],
    postgres: [import 'packs/postgres.libsonnet'],
    redis: [import 'packs/redis.libsonnet'],
    rollout: [import 'rules/rollout.libsonnet', import 'packs/rollout.libsonnet'],
    smtp: [import 'packs/smtp.libsonnet'],
    tekton: [import 'packs/tekton.libsonnet'],
  };
  local made(list, scope) = std.flattenArrays([
    groups(name, scope, std.flattenArrays([rules(obskit) for rules in list[name]]))
    for name in std.objectFields(list)
  ]);
  {
    groups: made(families, 'service') + made(packs, 'cluster'),
    // By pack: metrics of an AnalysisTemplate.
    analysis: import 'analysis.libsonnet',
  }
