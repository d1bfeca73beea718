// Alerts on mail servers, as blackbox_exporter sees them: it says EHLO, STARTTLS and QUIT.
local a = import '../lib/alert.libsonnet';
local q = import '../lib/promql.libsonnet';

function(obskit)
  local smtp = obskit.smtp;
  // Every probe has the same series. Those of mail servers are told by the name of their job.
  local s(record) = q.scraped(record.name, 'job=~".*smtp.*"');
  local one = '<<by>>namespace, job, instance';
  local legend = '{{namespace}} {{instance}}';
  [
    a.alert('ObskitSmtpRefused', {
      severity: 'critical',
      latency_class: 'normal',
      // One failed probe of four is a network's lot, or a server that restarts.
      value: 'avg by (%s) (avg_over_time(%s[<<scrape_window>>]))' % [one, s(smtp.success)],
      below: '<<param:share>>',
      unit: 'percentunit',
      legend: legend,
      params: { share: a.param('0.5', 0.01, 1, 'ratio', 'Share of the probes of four intervals that must succeed.') },
      summary: 'A mail server does not take mail.',
      description: 'Of the last probes of the mail server {{ $labels.instance }} {{ $value | humanizePercentage }} succeeded.',
      fault: 'a mail server refuses connections, STARTTLS or its greeting, or presents a certificate that is not valid',
      // The third failure decides.
      window_share: '0.66',
      source: 'scrape',
      budget: 65,
    }),
    a.alert('ObskitSmtpSlow', {
      latency_class: 'normal',
      // All of them, since one probe may hit a lookup that was not cached.
      value: 'min by (%s) (min_over_time(%s[<<scrape_window>>]))' % [one, s(smtp.duration)],
      above: '<<param:seconds>>',
      guard: 'on (%s) %s == 1' % [one, s(smtp.success)],
      unit: 's',
      legend: legend,
      params: { seconds: a.param('2', 0.01, 60, 'seconds', 'How long the whole conversation may take.') },
      summary: 'A mail server answers slowly.',
      description: 'EHLO and STARTTLS with the mail server {{ $labels.instance }} take at least {{ $value | humanizeDuration }}.',
      fault: 'a mail server takes 3 s for its greeting',
      window_share: '1',
      source: 'scrape',
      budget: 75,
    }),
    a.alert('ObskitSmtpCertificateExpiring', {
      latency_class: 'slow',
      value: 'min by (%s) (%s) - time()' % [one, s(smtp.certificate_expiry)],
      below: '<<param:seconds>>',
      unit: 's',
      legend: legend,
      params: { seconds: a.param('1209600', 3600, 31536000, 'seconds', 'How long the certificate must be valid yet; 14 days.') },
      summary: 'The certificate of a mail server expires soon.',
      description: 'The certificate of the mail server {{ $labels.instance }} expires in {{ $value | humanizeDuration }}.',
      fault: 'a certificate is not renewed until 14 days before it expires',
      window_share: '0',
      source: 'scrape',
      budget: 45,
    }),
    a.alert('ObskitSmtpUnseen', {
      'for': '5m',
      latency_class: 'slow',
      value: q.unseen(s(smtp.success)),
      above: '0',
      unit: 'short',
      legend: '{{namespace}} {{job}}',
      summary: 'Mail servers are no longer probed.',
      description: 'None of the {{ $value }} mail servers that {{ $labels.job }} probed within the last hour is probed any more.',
      fault: 'the exporter that probes mail servers is gone',
      window_share: '0',
      source: 'scrape',
      budget: 345,
    }),
  ]
