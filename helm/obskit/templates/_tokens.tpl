{{/* Tokens and what replaces them: the same as the Python renderer's. */}}
{{- define "obskit.name" -}}
{{- required "obskit: set service.name (the OpenTelemetry service.name)" .Values.service.name -}}
{{- end -}}

{{- define "obskit.namespace" -}}
{{- .Values.service.namespace | default .Release.Namespace -}}
{{- end -}}

{{- define "obskit.container" -}}
{{- .Values.service.container | default (include "obskit.name" .) -}}
{{- end -}}

{{- define "obskit.uid" -}}
{{- printf "obskit-%s" (printf "%s/%s/%s" (include "obskit.namespace" .root) (include "obskit.name" .root) .slug | sha256sum | trunc 16) -}}
{{- end -}}

{{/* Seconds of a duration such as 1h30m. */}}
{{- define "obskit.seconds" -}}
{{- $total := 0 -}}
{{- range $unit, $factor := dict "d" 86400 "h" 3600 "m" 60 "s" 1 -}}
{{- $total = add $total (mul $factor (regexFind (printf "[0-9]+%s" $unit) $ | trimSuffix $unit | default "0" | int)) -}}
{{- end -}}
{{- $total -}}
{{- end -}}

{{/* Samples of the shortest window that no event falls through, however seldom rules are evaluated: intervals. */}}
{{- define "obskit.least" -}}
{{- $export := include "obskit.seconds" .export | int -}}
{{- add 2 (div (add (include "obskit.seconds" .evaluation | int) $export -1) $export) -}}
{{- end -}}

{{/* The interval at which what a family asks is scraped: (dict "root" $ "family" …). */}}
{{- define "obskit.scrape" -}}
{{- $options := get (.root.Values.packs | default dict) .family -}}
{{- if kindIs "map" $options }}{{ $options.scrape | default .root.Values.intervals.scrape }}{{ else }}{{ .root.Values.intervals.scrape }}{{ end -}}
{{- end -}}

{{/* Whether a family of rules is wanted: (dict "root" $ "pack" … "family" …); empty is no. */}}
{{- define "obskit.enabled" -}}
{{- if not (has .family .pack.packs) }}yes{{ else if hasKey (.root.Values.packs | default dict) .family -}}
{{- if ne (toString (get .root.Values.packs .family)) "false" }}yes{{ end -}}
{{- end -}}
{{- end -}}

{{/* The share that an objective in per cent leaves, as text. */}}
{{- define "obskit.share" -}}
{{- printf "%.10f" (divf (subf 100 .) 100) | trimAll "0" | printf "0%s" -}}
{{- end -}}

{{/* JSON: token -> text, of the rules or the dashboard of a family: (dict "root" $ "family" …). */}}
{{- define "obskit.tokens" -}}
{{- $family := .family -}}
{{- $scrape := include "obskit.seconds" (include "obskit.scrape" .) | int -}}
{{- with .root -}}
{{- $match := "" -}}
{{- $pushed := "" -}}
{{- $options := get (.Values.packs | default dict) $family -}}
{{- if kindIs "map" $options -}}
{{- range $label, $value := $options.match -}}
{{- $match = printf "%s%s=~\"%s\", " $match $label $value -}}
{{- if eq $label "namespace" }}{{ $pushed = printf "%sjob=~\"(%s)/.+\", " $pushed $value -}}
{{- else if ne $label "job" }}{{ $pushed = printf "%s%s=~\"%s\", " $pushed $label $value }}{{ end -}}
{{- end -}}
{{- end -}}
{{- $latency := toString .Values.slo.latency.threshold -}}
{{- $by := "" -}}
{{- range .Values.groupLabels }}{{ $by = printf "%s%s, " $by . }}{{ end -}}
{{- $sets := list -}}
{{- range .Values.shards }}{{ $sets = append $sets (printf "label_replace(vector(%d), \"shard_set\", \"%s\", \"\", \"\")" (int .expected) .set) }}{{ end -}}
{{- $databases := list -}}
{{- range .Values.databases }}{{ $databases = append $databases (printf "%s (%s)" .name (.system | default "postgresql")) }}{{ end -}}
{{- $export := include "obskit.seconds" .Values.intervals.export | int -}}
{{- $tokens := dict
  "job" (printf "%s/%s" (include "obskit.namespace" .) (include "obskit.name" .))
  "namespace" (include "obskit.namespace" .)
  "service" (include "obskit.name" .)
  "container" (include "obskit.container" .)
  "by" $by
  "evaluation_seconds" (include "obskit.seconds" .Values.intervals.evaluation)
  "seen_seconds" (add $scrape (include "obskit.seconds" .Values.intervals.evaluation | int) | toString)
  "scrape_window" (printf "%ds" (mul 4 $scrape))
  "scrape_window_count" (mul 3 $scrape | toString)
  "scrape_minute" (max 60 (mul 4 $scrape) | toString)
  "scrape_two_minutes" (max 120 (mul 4 $scrape) | toString)
  "export_seconds" ($export | toString)
  "log_window" (printf "%ds" (mul 4 (include "obskit.seconds" .Values.intervals.logs | int)))
  "match" $match
  "match_pushed" $pushed
  "slo_failed" (include "obskit.share" .Values.slo.availability)
  "slo_slow" (include "obskit.share" .Values.slo.latency.objective)
  "slo_latency" $latency
  "slo_latency_le" (ternary (printf "le=\"%s\"" $latency) (printf "le=~\"%s|%s\\\\.0\"" $latency $latency) (contains "." $latency))
  "learned_samples" (div 480 (include "obskit.seconds" .Values.intervals.evaluation | int) | toString)
  "settled_samples" (div 120 (include "obskit.seconds" .Values.intervals.evaluation | int) | toString)
  "expected_shards" (join " or " $sets | default "label_replace(vector(0) > 1, \"shard_set\", \"none\", \"\", \"\")")
  "databases" (join ", " $databases | default "any")
  "grafana" .Values.backends.grafana
  "runbooks" .Values.backends.runbooks
-}}
{{- $least := include "obskit.least" .Values.intervals | int -}}
{{- range $name, $fewest := dict "window_short" 2 "window" 3 "window_long" 6 "window_longest" 12 -}}
{{- $samples := ternary $fewest (max $fewest $least) (eq $name "window_short") -}}
{{- $_ := set $tokens $name (printf "%ds" (mul $samples $export)) -}}
{{- $_ := set $tokens (printf "%s_count" $name) (mul (sub $samples 1) $export | toString) -}}
{{- end -}}
{{- $pack := .Files.Get "files/rules.json" | fromJson -}}
{{- range concat $pack.boards $pack.packs -}}
{{- $_ := set $tokens (printf "uid:%s" .) (include "obskit.uid" (dict "root" $.root "slug" .)) -}}
{{- end -}}
{{- toJson $tokens -}}
{{- end -}}
{{- end -}}

{{/* Text with its tokens replaced: (dict "text" … "tokens" …). */}}
{{- define "obskit.replace" -}}
{{- $text := .text -}}
{{- range $token, $value := .tokens }}{{ $text = replace (printf "<<%s>>" $token) $value $text }}{{ end -}}
{{- $text -}}
{{- end -}}

{{/* Whether a resource is wanted: (dict "root" $ "enabled" true|false|"auto" "api" …); empty is no. */}}
{{- define "obskit.wanted" -}}
{{- if or (eq (toString .enabled) "true") (and (eq (toString .enabled) "auto") (.root.Capabilities.APIVersions.Has .api)) -}}yes{{- end -}}
{{- end -}}

{{- define "obskit.labels" -}}
app.kubernetes.io/name: obskit
app.kubernetes.io/instance: {{ include "obskit.name" . | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: obskit-{{ .Chart.Version }}
{{- end -}}
