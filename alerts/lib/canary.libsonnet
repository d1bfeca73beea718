// How the newest version of a service is compared with the rest: the same for the alert and for the AnalysisTemplate.
local q = import 'promql.libsonnet';

{
  // The error budgets (shares that the objective leaves) that it burns faster than the rest of the service's pods.
  burn(kind, objective, extra=''):: '%s / %s' % [q.select('obskit:rollout_%s:difference' % kind, extra), objective],

  // How far that is from chance, in standard deviations.
  sigmas(kind, extra=''):: q.select('obskit:rollout_%s:z' % kind, extra),
}
