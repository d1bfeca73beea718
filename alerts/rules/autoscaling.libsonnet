// Recorded series of autoscalers: in which direction the last change went.
local q = import '../lib/promql.libsonnet';
local record = (import '../lib/alert.libsonnet').record;

function(obskit)
  [
    // 1 or -1 while the last change is the newest thing to be seen; nothing in between, which changes() does not mind.
    record('obskit:autoscaler:direction', |||
      label_replace(
        max by (<<by>>namespace, horizontalpodautoscaler) (sgn(idelta(%s[<<scrape_window>>])) != 0),
        "job", "<<job>>", "", ""
      )
    ||| % q.scraped(obskit.autoscaling.desired_replicas.name)),
  ]
