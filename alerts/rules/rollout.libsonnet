// Recorded series of rollouts: since when each runs, and how the newest version of a service compares with the rest.
local q = import '../lib/promql.libsonnet';
local record = (import '../lib/alert.libsonnet').record;

function(obskit)
  local r = obskit.rollout;
  local deployment = '<<by>>namespace, deployment';
  // Of several kube-state-metrics one, and of a lost scrape the value before.
  local now(series) = 'max by (%s) (last_over_time(%s[<<scrape_window>>]))' % [deployment, q.scraped(series.name)];
  local own(series) = 'max by (%s) (%s)' % [deployment, q.select(series)];
  local mine(expr) = 'label_replace(\n  %s,\n  "job", "<<job>>", "", ""\n)' % std.strReplace(q.chomp(expr), '\n', '\n  ');
  local names = {
    by: deployment,
    seen: own('obskit:rollout_seen:timestamp'),
    began: own('obskit:rollout_began:timestamp'),
    sampled: 'max by (%s) (timestamp(%s))' % [deployment, q.scraped(r.deployment_updated.name)],
    wanted: now(r.deployment_replicas),
    paused: now(r.deployment_paused),
    pods: now(r.deployment_pods),
    updated: now(r.deployment_updated),
    available: now(r.deployment_available),
    created: q.scraped(r.replicaset_created.name),
    owner: q.scraped(r.replicaset_owner.name, 'owner_kind="Deployment", owner_is_controller="true"'),
  };

  local http = obskit.http.server_request_duration;
  // Pods of a ReplicaSet have its name and five characters more; instance is pod, container and slot. Expressions are
  // compiled at each evaluation: with the few characters that a name can have, this takes a tenth of the time of [^/].
  local pod = '([a-z0-9.-]+)-[a-z0-9]{5}(/.*)?';
  local set = '<<by>>exported_job, namespace, replicaset';
  // The job is that of the project which compares, as of all that this pack records; whom it compares is exported_job.
  local counted(series, extra='') = mine(|||
    sum by (%s) (
      label_replace(
        label_replace(
          label_replace(
            rate(%s[5m]) * 300,
            "replicaset", "$1", "instance", "%s"
          ),
          "namespace", "$1", "job", "([^/]+)/.*"
        ),
        "exported_job", "$1", "job", "(.+)"
      )
    )
  ||| % [set, q.pushed(series, 'instance=~"%s"%s' % [pod, extra]), pod]);
  local requests = q.select('obskit:rollout_requests:count');
  local rest(series) = '(sum by (<<by>>exported_job) (%s) - on (<<by>>exported_job) group_right () %s)' % [series, series];
  local comparison(kind) =
    local x = q.select('obskit:rollout_%s:count' % kind);
    local n = requests;
    [
      record('obskit:rollout_%s:difference' % kind, |||
        %s / (%s >= 30)
        - %s / (%s >= 30)
      ||| % [x, n, rest(x), rest(n)]),
      // Two proportions after the arcsine transform, which has the same variance for all of them, with the correction for
      // small counts: F. J. Anscombe, Biometrika 35 (1948). A score test is wrong by orders of magnitude at few failures.
      record('obskit:rollout_%s:z' % kind, |||
        2 * (
          asin(sqrt((%(x)s + 0.375) / (%(n)s + 0.75)))
          - asin(sqrt((%(rest_x)s + 0.375) / (%(rest_n)s + 0.75)))
        ) / sqrt(1 / (%(n)s + 0.5) + 1 / (%(rest_n)s + 0.5))
      ||| % { x: x, n: n, rest_x: 'clamp_min(%s, 0)' % rest(x), rest_n: rest(n) }),
    ];
  local canary(rules) = [rule { group: 'canary' } for rule in rules];
  [
    // Until all pods are of the newest template and available: when that was last seen to be otherwise.
    record('obskit:rollout_seen:timestamp', mine(|||
      (%(sampled)s or %(seen)s)
      and (%(updated)s < %(wanted)s or %(pods)s > %(updated)s or %(available)s < %(wanted)s)
      unless %(paused)s == 1
    ||| % names)),
    record('obskit:rollout_replicaset:created', mine(|||
      max by (%(by)s) (
        label_replace(
          %(created)s * on (<<by>>namespace, replicaset) group_left (owner_name) max by (<<by>>namespace, replicaset, owner_name) (%(owner)s),
          "deployment", "$1", "owner_name", "(.+)"
        )
      )
    ||| % names)),
    // A rollout begins with a new ReplicaSet, or where it goes back to an old one, with pods that are not of it; a
    // Deployment that scales has neither. From then on this is its own last value.
    record('obskit:rollout_began:timestamp', mine(|||
      (%(new)s > %(began)s)
      or %(began)s
      or (%(new)s > time() - 60 and (%(pods)s > %(updated)s or %(updated)s == 0))
      or (%(seen)s and %(pods)s > %(updated)s)
    ||| % names { new: own('obskit:rollout_replicaset:created') }) + '\nand on (%(by)s) %(seen)s' % names),
  ] + canary([
    record('obskit:rollout_requests:count', counted(http.count)),
    record('obskit:rollout_failed:count', |||
      %s
      or %s * 0
    ||| % [counted(http.count, ', %s!=""' % http.labels.error_type), requests]),
    record('obskit:rollout_slow:count', 'clamp_min(%s - %s, 0)' % [requests, counted(http.bucket, ', <<slo_latency_le>>')]),
    record('obskit:rollout_requests:created', |||
      %s * 0
      + on (<<by>>namespace, replicaset) group_left () max by (<<by>>namespace, replicaset) (
        last_over_time(%s[<<scrape_window>>])
      )
    ||| % [requests, q.scraped(r.replicaset_created.name)]),
  ] + comparison('failed') + comparison('slow'))
