// Selectors and small expressions, scoped by construction: nothing in the pack selects a series without saying whose.
{
  own: 'job="<<job>>"',
  pod: 'namespace="<<namespace>>", container="<<container>>"',
  namespace: 'namespace="<<namespace>>"',

  // Without the line break at its end. Replacing is the one thing with long texts that every engine does in no time.
  chomp(text):: std.strReplace(std.strReplace(text + '\u0000', '\n\u0000', ''), '\u0000', ''),

  // A series of the service itself; `extra` is further matchers.
  select(series, extra=''):: '%s{%s%s}' % [series, self.own, if extra == '' then '' else ', ' + extra],
  // A series of kube-state-metrics about the service's containers.
  container(series, extra=''):: '%s{%s%s}' % [series, self.pod, if extra == '' then '' else ', ' + extra],
  // A pushed gauge: the value of the last window, so that a dead process does not linger for five minutes.
  fresh(series, extra=''):: 'last_over_time(%s[<<window>>])' % self.select(series, extra),

  // The same for what must not overlap when a process is followed by another: two samples, of which one may be late.
  current(series, extra=''):: 'last_over_time(%s[<<window_short>>])' % self.select(series, extra),

  // What a counter of the service counted in a window, also where its series begins there: of a first sample rate()
  // sees nothing, and the first error of each process, route and status is one. `alive` is a series of every process:
  // of one that is new to Prometheus nobody knows when it counted what it brings.
  events(series, alive, extra='', window='window'):: |||
    %(selected)s unless %(selected)s offset <<%(window)s_count>>s
    and on (%(process)s) %(alive)s offset <<%(window)s_count>>s
    or rate(%(selected)s[<<%(window)s>>]) * <<%(window)s_count>>
  ||| % { selected: $.select(series, extra), process: $.by(['instance']), alive: $.select(alive), window: window },

  // What a counter gained since `ago`. A difference and no rate(): what a killed process took with it is the first value
  // that its successor tells, be it minutes later. Where nothing of the service was there before, nobody knows when a
  // first value was gained; `alive` is a series that every process has.
  gained(series, alive, ago='<<window_count>>s'):: |||
    (
      %(now)s - %(before)s >= 0
      or %(now)s unless %(before)s <= %(now)s
      and on (%(job)s) %(alive)s offset %(ago)s
    )
  ||| % {
    now: 'last_over_time(%s[<<window>>])' % $.select(series),
    before: '%s offset %s' % [$.select(series), ago],
    alive: $.select(alive),
    job: $.by(),
    ago: ago,
  },

  // A series of the service's sidecars, as the PodMonitor of the chart scrapes them.
  sidecar(series, container, extra='')::
    '%s{%s, job="<<namespace>>/obskit-<<service>>", container=%s%s}' % [series, self.namespace, container, if extra == '' then '' else ', ' + extra],
  collector(series, extra=''):: self.sidecar(series, '"obskit-collector"', extra),
  fluentbit(series, extra=''):: self.sidecar(series, '"obskit-fluent-bit"', extra),

  // What a counter of a sidecar counted within a minute (or four scrapes), also where it is born with its first value:
  // of one that was known before, or began since.
  counted(counter, uptime):: |||
    (
      %(counter)s - %(counter)s offset <<scrape_minute>>s >= 0
      or %(counter)s unless %(counter)s offset <<scrape_minute>>s <= %(counter)s
      and on (<<by>>namespace, pod) (%(uptime)s offset <<scrape_minute>>s or %(uptime)s < <<scrape_minute>>)
    )
  ||| % { counter: counter, uptime: uptime },

  // A series of a platform pack: what the project says of all of them, then `extra`.
  scraped(series, extra=''):: '%s{<<match>>%s}' % [series, extra],

  // The same for what the services push that a platform pack watches: there the namespace is the first part of the job.
  pushed(series, extra=''):: '%s{<<match_pushed>>%s}' % [series, extra],

  // The same for what an exporter tells of one server: whom it was scraped from says which server that is.
  target(labels=[]):: '<<by>>' + std.join(', ', ['namespace', 'job', 'pod', 'instance'] + labels),
  // How many targets of a job told of the series within the hour, where none does any more: absent() would lose the labels.
  unseen(series):: |||
    count by (<<by>>namespace, job) (max_over_time(%(series)s[1h]))
    unless on (<<by>>namespace, job) %(series)s
  ||| % { series: series },

  // The same where each target is a server of its own: one of several that does not answer counts too.
  silent(series, up):: |||
    count by (<<by>>namespace, job) (
      %(up)s == 0
      and on (%(one)s) max_over_time(%(series)s[1h])
    )
    or
    %(unseen)s
  ||| % { series: series, up: up, one: $.target(), unseen: $.chomp($.unseen(series)) },

  // The same of several exporters that a pack needs; the label `of` says what nobody tells of.
  unseenOf(all):: std.join('or ', [
    'label_replace(\n%s, "of", "%s", "", ""\n)\n' % [$.chomp($.unseen(all[what])), what]
    for what in std.objectFields(all)
  ]),

  // The share of a window that was spent in a state which is a label: the series of a state comes and goes, and a lost
  // scrape takes from both sides.
  spent(by, state, all, window):: |||
    sum by (%(by)s) (count_over_time(%(state)s[%(window)s]))
    / sum by (%(by)s) (count_over_time(%(all)s[%(window)s]))
  ||| % { by: by, state: state, all: all, window: window },

  // Events of a counter that is born by its first one, of which rate() sees nothing: what was not there in the hour
  // before the window has one more. An hour, since a counter that was not scraped for a while is not new.
  happened(counter, window)::
    '%(c)s - min_over_time(%(c)s[%(w)s]) + 1 unless last_over_time(%(c)s[1h] offset %(w)s) or increase(%(c)s[%(w)s])'
    % { c: counter, w: window },

  // The labels of every by and on: extra group labels, the identity, then these.
  by(labels=[]):: '<<by>>' + std.join(', ', ['job'] + labels),

  // Wilson's lower bound (three sigma) of the fraction slow/n: p-hat at low traffic is pulled to what is certain; with
  // "+" the upper one. E. B. Wilson, Probable inference, JASA 22 (1927).
  wilson(n, p, side='-'):: |||
    (
      %(p)s + 4.5 / %(n)s
      %(side)s 3 * sqrt(%(p)s * (1 - %(p)s) / %(n)s + 2.25 / %(n)s ^ 2)
    ) / (1 + 9 / %(n)s)
  ||| % { n: n, p: p, side: side },

  // The same of k among n, which may be counted a moment apart.
  wilsonOf(k, n):: |||
    (
      %(k)s + 4.5
      - 3 * sqrt(clamp_min(%(k)s * (1 - %(k)s / %(n)s), 0) + 2.25)
    ) / (%(n)s + 9)
  ||| % { k: k, n: n },
}
