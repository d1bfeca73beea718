// Recorded series of what lets requests into the cluster: how many, how many failed, how many were slow.
local q = import '../lib/promql.libsonnet';
local record = (import '../lib/alert.libsonnet').record;

function(obskit)
  local i = obskit.ingress;
  local usual(series) = 'rate(%s[<<scrape_window>>]) * <<scrape_window_count>>' % series;
  // The series of a failure is often born by the first one, of which rate() sees nothing, and those of a new controller
  // are all young: what is younger than the window counts whole. Unless everything is: then Prometheus is, and what
  // failed in the past is no failure now. That is asked of the recorded sum, which is one series instead of hundreds.
  local young(by, series, sum) = |||
    (
      %(series)s unless %(series)s offset <<scrape_window_count>>s and on (%(by)s) %(sum)s offset <<scrape_window_count>>s
      or %(usual)s
    )
  ||| % { by: by, series: series, sum: sum, usual: usual(series) };
  // Several projects may have this pack, each with a selector of its own.
  local sum(by, of) = |||
    label_replace(
      sum by (%s) (
        %s
      ),
      "job", "<<job>>", "", ""
    )
  ||| % [by, std.strReplace(q.chomp(of), '\n', '\n    ')];
  local made(name, group, by, all, bad, timed, quick) =
    local recorded(what, expr) = record('obskit:%s_%s' % [name, what], expr, group);
    local own(kind) = q.select('obskit:%s_%s' % [name, kind]);
    [
      recorded('requests:count', sum(by, young(by, all, own('requests:count')))),
      recorded('failed:count', sum(by, young(by, bad, own('requests:count')))),
      recorded('failed:ratio', 'clamp(%s / (%s > 0), 0, 1)' % [own('failed:count'), own('requests:count')]),
      recorded('timed:count', sum(by, usual(timed))),
      recorded('slow:count', 'clamp_min(%s - %s, 0)' % [own('timed:count'), q.chomp(sum(by, usual(quick)))]),
      recorded('slow:ratio', 'clamp(%s / (%s > 0), 0, 1)' % [own('slow:count'), own('timed:count')]),
    ];
  // What no Ingress is for is answered by the default backend, with 404. Envoy Gateway names its clusters by route: those
  // of a mesh, of the admin port and of probes are none of these. Prometheus 3 stores le="1.0" where 2.x stores le="1".
  local nginx(series, extra='') = q.scraped(series, 'ingress!=""' + extra);
  local envoy(series, extra='') = q.scraped(series, 'envoy_cluster_name=~".+route/.+"' + extra);
  local requests = i.nginx_requests.name;
  local answers = i.envoy_requests.name;
  made(
    'ingress',
    '',
    '<<by>>namespace, exported_namespace, ingress',
    nginx(requests),
    nginx(requests, ', status=~"5.."'),
    nginx(i.nginx_header_duration.count),
    nginx(i.nginx_header_duration.bucket, ', le=~"1|1[.]0"')
  ) + made(
    'gateway',
    'gateway',
    '<<by>>namespace, envoy_cluster_name',
    envoy(answers),
    envoy(answers, ', envoy_response_code_class="5"'),
    envoy(i.envoy_request_time.count),
    envoy(i.envoy_request_time.bucket, ', le=~"1000|1000[.]0"')
  )
