local p = import 'lib/panel.libsonnet';

function(obskit)
  local k = obskit.kubernetes;
  local pod(metric, extra='') = '%s{namespace="<<namespace>>", container="<<container>>"%s}' % [metric.name, extra];
  // What increase() makes of one restart may be two.
  local restarts(counter) = '(max_over_time(%(c)s[2m]) - min_over_time(%(c)s[2m]))' % { c: counter };
  // Init containers, and sidecars that are init containers, of the service's pods.
  local init(expr) = '%s and on (namespace, pod, uid) %s' % [expr, pod(k.container_info)];
  {
    title: 'pods',
    description: 'Restarts of the containers of the service and of their sidecars, why they ended, and what they wait for.',
    panels: [
      p.timeseries('restarts', 'Restarts', 'Restarts of the container of each pod within two minutes.', 'short', [
        p.query('max by (pod) (%s)' % restarts(pod(k.container_restarts)), '{{pod}}'),
      ], limits=p.above(p.param('ObskitPodRestarting', 'restarts'))),
      p.timeseries('ready', 'Ready', k.container_ready.brief, 'short', [p.query('min by (pod) (%s)' % pod(k.container_ready), '{{pod}}')], limits=p.below(1)),
      p.table('terminations', 'Last terminations', 'Why each container ended the last time.', [
        p.query('max by (pod, reason) (%s) == 1' % pod(k.container_last_terminated_reason)),
      ]),
      p.timeseries('since', 'Since the last termination', 'Time since each container ended the last time; alerts on it fire below their line, and for as long as it takes to see that.', 's', [
        p.query('time() - max by (pod) (%s)' % pod(k.container_last_terminated_timestamp), '{{pod}}'),
      ], limits=p.between(p.param('ObskitPodRestarted', 'seconds'), p.param('ObskitPodOomKilled', 'seconds'))),
      p.timeseries('ended', 'Containers that ended, by owner', 'Containers of each owner that ended within two minutes.', 'short', [
        p.query('count by (created_by_name) (max by (namespace, pod, container, uid) (time() - %s < 120) * on (namespace, pod, uid) group_left (created_by_name) max by (namespace, pod, uid, created_by_name) (%s))' % [
          pod(k.container_last_terminated_timestamp),
          k.pod_info.name + '{namespace="<<namespace>>", created_by_kind!="Job"}',
        ], '{{created_by_name}}'),
      ], limits=p.above(p.param('ObskitPodRestartStorm', 'containers'))),
      p.timeseries('waiting', 'Waiting', 'Containers that wait to be started, by reason.', 'short', [
        p.query('sum by (pod, container, reason) (%s or %s)' % [pod(k.container_waiting_reason), init(k.init_container_waiting_reason.name + '{namespace="<<namespace>>"}')], '{{pod}} {{container}}: {{reason}}'),
      ]),
      p.timeseries('sidecars', 'Restarts of sidecars', 'Restarts of the init containers of each pod within two minutes; sidecars are such.', 'short', [
        p.query('max by (pod, container) (%s)' % init(restarts(k.init_container_restarts.name + '{namespace="<<namespace>>"}')), '{{pod}} {{container}}'),
      ], limits=p.above(p.param('ObskitPodSidecarRestarted', 'restarts'))),
    ],
  }
