// Alerts on the service's pods, from kube-state-metrics: containers that end, that cannot start, that are not ready.
local a = import 'lib/alert.libsonnet';
local q = import 'lib/promql.libsonnet';

function(obskit)
  local k = obskit.kubernetes;
  // An image that is not there, or a ConfigMap, a Secret or a command of the container.
  local unable = 'reason=~"ErrImagePull|ImagePullBackOff|ErrImageNeverPull|InvalidImageName|CreateContainer(Config)?Error|RunContainerError"';
  local names = {
    container: '<<by>>namespace, pod, container',
    instance: '<<by>>namespace, pod, container, uid',
    pod: '<<by>>namespace, pod, uid',
    restarts: q.container(k.container_restarts.name),
    terminated: q.container(k.container_last_terminated_timestamp.name),
    completed: q.container(k.container_last_terminated_reason.name, 'reason="Completed"'),
    killed: q.container(k.container_last_terminated_reason.name, 'reason="OOMKilled"'),
    looping: q.container(k.container_waiting_reason.name, 'reason="CrashLoopBackOff"'),
    ready: q.container(k.container_ready.name),
    ended: '%s{%s, phase=~"Succeeded|Failed"}' % [k.pod_status_phase.name, q.namespace],
    deleted: '%s{%s}' % [k.pod_deletion_timestamp.name, q.namespace],
    created: '%s{%s}' % [k.pod_created.name, q.namespace],
    evicted: '%s{%s}' % [k.pod_status_disruption_reason.name, q.namespace],
    // Init containers have series of their own, and so have sidecars that are init containers: those of the service's pods.
    own: q.container(k.container_info.name),
    init_looping: '%s{%s, reason="CrashLoopBackOff"}' % [k.init_container_waiting_reason.name, q.namespace],
    init_restarts: '%s{%s}' % [k.init_container_restarts.name, q.namespace],
    init_ended: '%s{%s}' % [k.init_container_last_terminated_reason.name, q.namespace],
    unable: q.container(k.container_waiting_reason.name, unable),
    init_unable: '%s{%s, %s}' % [k.init_container_waiting_reason.name, q.namespace, unable],
    info: '%s{%s, created_by_kind!="Job"}' % [k.pod_info.name, q.namespace],
    job: '%s{%s, created_by_kind="Job"}' % [k.pod_info.name, q.namespace],
  };
  [
    a.alert('ObskitPodRestarted', {
      // The time of the last termination needs no counter, no history, and survives a container born at one restart.
      // Exit code 0 is no excuse outside of a Job: servers end so when their liveness probe fails.
      expr: |||
        max by (%(container)s) (
          time() - %(terminated)s < <<param:seconds>> + <<seen_seconds>>
          unless on (%(instance)s) (%(completed)s == 1 and on (%(pod)s) %(job)s)
        )
      ||| % names,
      params: { seconds: a.param('60', 15, 3600, 'seconds', 'How long ago the container may have ended, besides the time until that is seen.') },
      summary: 'A container restarted.',
      description: 'Container {{ $labels.container }} of pod {{ $labels.pod }} ended {{ $value | humanizeDuration }} ago and was started anew.',
      fault: 'a container ends',
      window_share: '0',
      source: 'scrape',
      budget: 15,
      panel: 'pods#since',
      line: '<<param:seconds>>',
    }),
    a.alert('ObskitPodRestarting', {
      severity: 'critical',
      keep_firing_for: '2m',
      // A difference and no increase(), which extrapolates: of two scrapes a minute apart it makes two restarts of one.
      expr: |||
        max by (%(container)s) (
          max_over_time(%(restarts)s[<<scrape_two_minutes>>s]) - min_over_time(%(restarts)s[<<scrape_two_minutes>>s]) >= <<param:restarts>>
        )
      ||| % names,
      params: { restarts: a.param('2', 1, 100, 'restarts', 'Restarts within two minutes, or four scrapes if those take longer.') },
      summary: 'A container restarts again and again.',
      description: 'Container {{ $labels.container }} of pod {{ $labels.pod }} restarted {{ $value }} times within <<scrape_two_minutes>> s.',
      fault: 'a container ends for the second time within two minutes',
      window_share: '0',
      source: 'scrape',
      budget: 15,
      panel: 'pods#restarts',
      line: '<<param:restarts>>',
    }),
    a.alert('ObskitPodOomKilled', {
      severity: 'critical',
      expr: |||
        max by (%(container)s) (
          time() - %(terminated)s < <<param:seconds>> + <<seen_seconds>>
          and on (%(instance)s) %(killed)s == 1
        )
      ||| % names,
      params: { seconds: a.param('300', 15, 3600, 'seconds', 'How long ago the container may have ended, besides the time until that is seen.') },
      summary: 'A container was killed because its memory ran out.',
      description: 'Container {{ $labels.container }} of pod {{ $labels.pod }} reached its memory limit {{ $value | humanizeDuration }} ago.',
      fault: 'a container reaches its memory limit',
      window_share: '0',
      source: 'scrape',
      budget: 15,
      panel: 'pods#since',
      line: '<<param:seconds>>',
    }),
    a.alert('ObskitPodCrashLooping', {
      severity: 'critical',
      // The reason is gone while the container runs between two crashes: the maximum of a while bridges that.
      expr: |||
        max by (%(container)s) (
          max_over_time(%(looping)s[5m])
          or max_over_time(%(init_looping)s[5m]) and on (%(pod)s) %(own)s
        ) >= 1
      ||| % names,
      summary: 'A container crashes whenever it is started.',
      description: 'Container {{ $labels.container }} of pod {{ $labels.pod }} waits in CrashLoopBackOff.',
      fault: 'the kubelet begins to wait before it starts a container again',
      window_share: '0',
      source: 'scrape',
      budget: 15,
      panel: 'pods#waiting',
      no_line: 'a container waits for this reason, or it does not',
    }),
    a.alert('ObskitPodNotReady', {
      'for': '1m',
      latency_class: 'normal',
      // A pod that has ended, or is of a Job that is done, is not ready for ever; one that drains, on purpose. What the
      // kubelet evicts is not deleted while it drains. One that was never ready is given time to pull and to start.
      expr: |||
        min by (%(container)s) (
          %(ready)s
          unless on (%(pod)s) %(ended)s == 1
          unless on (%(pod)s) %(deleted)s
          unless on (%(pod)s) %(evicted)s
          unless on (%(instance)s) (
            max by (%(instance)s) (max_over_time(%(ready)s[1h])) == 0
            and on (%(pod)s) time() - %(created)s < <<param:start>>
          )
        ) == 0
      ||| % names,
      params: { start: a.param('300', 0, 3600, 'seconds', 'Age of a pod up to which a container that was never ready may start.') },
      summary: 'A container is not ready.',
      description: 'Container {{ $labels.container }} of pod {{ $labels.pod }} has not been ready for a minute: it gets no traffic.',
      fault: 'the readiness probe of a container fails',
      window_share: '0',
      source: 'scrape',
      budget: 105,
      panel: 'pods#ready',
      line: '1',
    }),
    a.alert('ObskitPodRestartStorm', {
      severity: 'critical',
      keep_firing_for: '2m',
      // Each container and each pod once, however many kube-state-metrics there are.
      expr: |||
        count by (<<by>>namespace, created_by_name) (
          max by (%(instance)s) (time() - %(terminated)s < 120 + <<seen_seconds>>)
          * on (%(pod)s) group_left (created_by_name) max by (%(pod)s, created_by_name) (%(info)s)
        ) >= <<param:containers>>
      ||| % names,
      params: { containers: a.param('2', 2, 1000, 'containers', 'Containers of one owner that ended within two minutes.') },
      summary: 'Several pods of one owner restart at once.',
      description: '{{ $value }} containers of {{ $labels.created_by_name }} ended within two minutes.',
      fault: 'a second container of the same owner ends within two minutes',
      window_share: '0',
      source: 'scrape',
      budget: 15,
      panel: 'pods#ended',
      line: '<<param:containers>>',
    }),
    a.alert('ObskitPodCannotStart', {
      'for': '2m',
      latency_class: 'normal',
      // Between two tries the reason is another, or none: the maximum of a while bridges that.
      expr: |||
        max by (%(container)s) (
          max_over_time(%(unable)s[<<scrape_minute>>s])
          or max_over_time(%(init_unable)s[<<scrape_minute>>s]) and on (%(pod)s) %(own)s
        ) >= 1
      ||| % names,
      summary: 'A container cannot be started.',
      description: 'Container {{ $labels.container }} of pod {{ $labels.pod }} has been waiting for two minutes: its image cannot be pulled, or it cannot be created from its configuration.',
      fault: 'the image of a container cannot be pulled',
      window_share: '0',
      source: 'scrape',
      budget: 165,
      panel: 'pods#waiting',
      no_line: 'a container waits for such a reason, or it does not',
    }),
    a.alert('ObskitPodSidecarRestarted', {
      keep_firing_for: '1m',
      // Their last termination has a time from kube-state-metrics 2.20 on alone.
      expr: |||
        max by (%(container)s, reason) (
          (max_over_time(%(init_restarts)s[<<scrape_two_minutes>>s]) - min_over_time(%(init_restarts)s[<<scrape_two_minutes>>s]) >= <<param:restarts>>)
          * on (%(instance)s) group_left (reason) max by (%(instance)s, reason) (%(init_ended)s == 1)
          and on (%(pod)s) %(own)s
        )
      ||| % names,
      params: { restarts: a.param('1', 1, 100, 'restarts', 'Restarts within two minutes, or four scrapes if those take longer.') },
      summary: 'A sidecar or an init container restarted.',
      description: 'Container {{ $labels.container }} of pod {{ $labels.pod }} was started anew {{ $value }} times within <<scrape_two_minutes>> s; the last time it had ended as {{ $labels.reason }}.',
      fault: 'a sidecar reaches its memory limit',
      window_share: '0',
      source: 'scrape',
      budget: 15,
      panel: 'pods#sidecars',
      line: '<<param:restarts>>',
    }),
  ]
