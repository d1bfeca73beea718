local p = import 'lib/panel.libsonnet';

function(obskit)
  local k = obskit.kubernetes;
  local pod(metric, extra='') = '%s{namespace="<<namespace>>", container="<<container>>"%s}' % [metric.name, extra];
  // Init containers, and sidecars that are init containers, of the service's pods.
  local init(expr) = '%s and on (namespace, pod, uid) %s' % [expr, pod(k.container_info)];
  {
    title: 'pods',
    description: 'Restarts of the containers of the service and of their sidecars, why they ended, and what they wait for.',
    panels: [
      p.timeseries('restarts', 'Restarts', 'Restarts of each container within five minutes.', 'short', [p.query('sum by (pod) (increase(%s[5m]))' % pod(k.container_restarts), '{{pod}}')]),
      p.timeseries('ready', 'Ready', k.container_ready.brief, 'short', [p.query('min by (pod) (%s)' % pod(k.container_ready), '{{pod}}')]),
      p.table('terminations', 'Last terminations', 'Why each container ended the last time.', [
        p.query('max by (pod, reason) (%s) == 1' % pod(k.container_last_terminated_reason)),
      ]),
      p.timeseries('since', 'Since the last termination', 'Time since each container ended the last time.', 's', [p.query('time() - max by (pod) (%s)' % pod(k.container_last_terminated_timestamp), '{{pod}}')]),
      p.timeseries('waiting', 'Waiting', 'Containers that wait to be started, by reason.', 'short', [
        p.query('sum by (pod, container, reason) (%s or %s)' % [pod(k.container_waiting_reason), init(k.init_container_waiting_reason.name + '{namespace="<<namespace>>"}')], '{{pod}} {{container}}: {{reason}}'),
      ]),
      p.timeseries('sidecars', 'Restarts of sidecars', 'Restarts of the init containers of each pod within five minutes; sidecars are such.', 'short', [
        p.query('sum by (pod, container) (%s)' % init('increase(%s{namespace="<<namespace>>"}[5m])' % k.init_container_restarts.name), '{{pod}} {{container}}'),
      ]),
    ],
  }
