// What Argo Rollouts asks while it shifts traffic: the comparison of the alerts, for the ReplicaSet that it names.
local canary = import 'lib/canary.libsonnet';

local who = 'exported_job="{{args.job}}", replicaset=~".+-{{args.canary-hash}}"';

// What is no more than chance counts as no difference; where there is too little traffic to judge, there is no result.
local metric(name, delay, alert, kind, objective) = {
  name: name,
  delay: delay,
  alert: alert,
  query: '%s * (%s > bool <<param:significance>>)' % [canary.burn(kind, objective, who), canary.sigmas(kind, who)],
  limit: '<<param:burn>>',
};

{
  rollout: [
    metric('errors', '60s', 'ObskitRolloutCanaryFailing', 'failed', '<<slo_failed>>'),
    metric('latency', '<<param:warm>>s', 'ObskitRolloutCanarySlow', 'slow', '<<slo_slow>>'),
  ],
}
