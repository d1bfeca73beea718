// Recorded series of the mesh: requests as clients see them, accesses and their security as servers know them.
local q = import '../lib/promql.libsonnet';
local record = (import '../lib/alert.libsonnet').record;

function(obskit)
  local i = obskit.istio;
  // Requests of a window, and of a kind that should not be: such a series is often born by its first request, of
  // which rate() sees nothing, so that it counts whole as long as it is young.
  local usual(series) = 'rate(%s[<<scrape_window>>]) * <<scrape_window_count>>' % series;
  local odd(series, known='') = |||
    (
      %(series)s unless last_over_time(%(series)s[1h] offset <<scrape_window_count>>s)%(known)s
      or %(usual)s
    )
  ||| % { series: series, known: if known == '' then '' else '\n  ' + known, usual: usual(series) };
  // Unless all that is known of a service is young: then Prometheus is, and what failed in the past is no failure now.
  // That is asked of a recorded sum, of which there is one where there are hundreds of series.
  local before(record, namespace, labels) =
    'and on (<<by>>%s) label_replace(%s offset <<scrape_window_count>>s, "%s", "$1", "namespace", "(.+)")'
    % [std.join(', ', [namespace] + labels), q.select(record), namespace];
  // Of whom they are is the proxy that reports, and where that is a gateway, its namespace is another.
  local sum(by, namespace, kinds) = |||
    label_replace(
      sum by (%s) (
        label_replace(
          %s,
          "namespace", "$1", "%s", "(.+)"
        )
      ),
      "job", "<<job>>", "", ""
    )
  ||| % [by, std.strReplace(std.join('\nor ', [q.chomp(kind) for kind in kinds]), '\n', '\n      '), namespace];

  local client(extra) = 'reporter=~"source|waypoint"' + extra;
  local seen(kinds) = sum('<<by>>namespace, destination_service_name, destination_workload', 'destination_service_namespace', kinds);
  local requests(extra) = q.scraped(i.requests.name, client(extra));
  // What leaves the mesh, and what may not, has no workload that fails. gRPC has status 200 in all cases; these are
  // UNKNOWN, DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE and DATA_LOSS.
  local http = ', response_code=~"5..", destination_service_name!~"PassthroughCluster|BlackHoleCluster"';
  local grpc = ', response_code!~"5..", grpc_response_status=~"2|4|13|14|15"';
  local asked = before('obskit:istio_requests:count', 'destination_service_namespace', ['destination_service_name', 'destination_workload']);
  local failed = [odd(requests(http), asked), odd(requests(grpc), asked)];

  // By canonical service: a new version, whose workload has another name, has the history of the one before.
  local server(extra) = 'reporter=~"destination|waypoint"' + extra;
  local known(kinds) = sum('<<by>>namespace, destination_canonical_service', 'destination_workload_namespace', kinds);
  local taken(extra) = q.scraped(i.requests.name, server(extra));
  local opened(extra) = q.scraped(i.connections_opened.name, server(extra));
  local closed(extra) = q.scraped(i.connections_closed.name, server(extra));
  local plain = ', connection_security_policy!="mutual_tls"';
  local mutual = ', connection_security_policy="mutual_tls"';
  // Envoy has no flag for it: of a request that a policy denies only the status is known, which the service's own
  // refusals have as well. ztunnel has one.
  local accessed = before('obskit:istio_accesses:count', 'destination_workload_namespace', ['destination_canonical_service']);
  local denied = [
    odd(taken(', response_code="403"'), accessed),
    odd(taken(', response_code!="403", grpc_response_status="7"'), accessed),
    odd(closed(', response_flags="DENY"'), accessed),
  ];
  local ratio(part, all) = 'clamp(%s / (%s > 0), 0, 1)' % [q.select(part), q.select(all)];
  [
    record('obskit:istio_requests:count', seen([usual(requests(', response_code!~"5..", grpc_response_status!~"2|4|13|14|15"'))] + failed)),
    record('obskit:istio_failed:count', seen(failed)),
    record('obskit:istio_failed:ratio', ratio('obskit:istio_failed:count', 'obskit:istio_requests:count')),
    // A websocket is a request that lasts as long as it is open.
    record('obskit:istio_timed:count', seen([usual(q.scraped(i.request_duration.count, client(', response_code!="101"')))])),
    // Of a second, in milliseconds; Prometheus 3 stores le="1000.0" where 2.x stores le="1000".
    record('obskit:istio_slow:count', '%s - %s' % [
      q.select('obskit:istio_timed:count'),
      seen([usual(q.scraped(i.request_duration.bucket, client(', response_code!="101", le=~"1000|1000[.]0"')))]),
    ]),
    record('obskit:istio_slow:ratio', ratio('obskit:istio_slow:count', 'obskit:istio_timed:count')),
    record('obskit:istio_plaintext:count', known([odd(taken(plain)), odd(opened(plain))])),
    record('obskit:istio_mutual_tls:count', known([usual(taken(mutual)), usual(opened(mutual))])),
    record('obskit:istio_accesses:count', known(
      [usual(taken(', response_code!="403", grpc_response_status!="7"')), usual(closed(', response_flags!="DENY"'))] + denied
    )),
    record('obskit:istio_denied:count', known(denied)),
    record('obskit:istio_denied:ratio', ratio('obskit:istio_denied:count', 'obskit:istio_accesses:count')),
  ]
