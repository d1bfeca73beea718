{{/* JSON: token -> value, of the sidecars' parts; a number or truth value replaces a text that is its token alone. */}}
{{- define "obskit.sidecarTokens" -}}
{{- $v := .Values -}}
{{- $loki := urlParse (trimSuffix "/" $v.backends.loki) -}}
{{- $port := regexFind ":[0-9]+$" $loki.host | trimPrefix ":" -}}
{{- $queue := mul (int $v.collector.queue) 1048576 -}}
{{- $hold := include "obskit.seconds" $v.intervals.collectorBatch | int -}}
{{- $memory := int $v.collector.memory -}}
{{- $name := ternary "otlp_http" "otlphttp" (semverCompare ">=0.144.0" $v.collector.version) -}}
{{- if semverCompare "<0.130.0" $v.collector.version }}{{ fail "obskit: collector.version must be 0.130.0 or later, the first whose disk queue is bounded in bytes" }}{{ end -}}
{{- if semverCompare "<5.0.6" $v.fluentbit.version }}{{ fail "obskit: fluentbit.version must be 5.0.6 or later, the first that knows ${NAME:-default}" }}{{ end -}}
{{- dict
  "service" (include "obskit.name" .)
  "namespace" (include "obskit.namespace" .)
  "container" (include "obskit.container" .)
  "config_map" (printf "obskit-%s" (include "obskit.name" .))
  "logs_exporter" (ternary "none" "otlp" (eq $v.logs.via "fluentbit"))
  "otlp_http" $name
  "prometheus" (trimSuffix "/" $v.backends.prometheus)
  "jaeger_otlp" (trimSuffix "/" $v.backends.jaegerOtlp)
  "loki" (trimSuffix "/" $v.backends.loki)
  "loki_host" $loki.hostname
  "loki_port" ($port | default (ternary "443" "80" (eq $loki.scheme "https")))
  "loki_path" $loki.path
  "loki_tls" (eq $loki.scheme "https")
  "collector_image" (printf "%s:%s" $v.collector.image $v.collector.version)
  "collector_memory" $memory
  "collector_gomemlimit" (div (mul $memory 80) 100)
  "memory_limit" (div (mul $memory 70) 100)
  "memory_spike" (div (mul $memory 15) 100)
  "queue_traces" $queue
  "queue_metrics" (div $queue 4)
  "queue_logs" (div $queue 4)
  "collector_disk" (mul (int $v.collector.queue) 6)
  "fluentbit_image" (printf "%s:%s" $v.fluentbit.image $v.fluentbit.version)
  "fluentbit_memory" (int $v.fluentbit.memory)
  "buffer" (int $v.fluentbit.buffer)
  "fluentbit_disk" (add (int $v.fluentbit.buffer) 64)
  "metric_flush" (ternary (printf "%ds" $hold) "1ms" (gt $hold 0))
  "export_milliseconds" (mul 1000 (include "obskit.seconds" $v.intervals.export | int) | toString)
  | toJson -}}
{{- end -}}

{{/* JSON: one part with its tokens replaced, in data and not in YAML, where a service called "on" is no text:
     (dict "root" $ "part" "otelcol/base"). */}}
{{- define "obskit.part" -}}
{{- $text := .root.Files.Get (printf "files/sidecars/%s.yaml" .part) | fromYaml | toRawJson -}}
{{- range $token, $value := include "obskit.sidecarTokens" .root | fromJson -}}
{{- if not (kindIs "string" $value) }}{{ $text = replace (printf "\"<<%s>>\"" $token) (toRawJson $value) $text }}{{ end -}}
{{- $text = replace (printf "<<%s>>" $token) (ternary $value (toRawJson $value) (kindIs "string" $value)) $text -}}
{{- end -}}
{{- $text -}}
{{- end -}}

{{/* YAML: the collector's configuration, its parts merged. */}}
{{- define "obskit.otelcol" -}}
{{- $root := . -}}
{{- $config := dict -}}
{{- range concat (list "otelcol/base" "otelcol/traces" "otelcol/metrics") (ternary (list "otelcol/logs") list (eq .Values.logs.via "collector")) -}}
{{- $config = mustMergeOverwrite $config (include "obskit.part" (dict "root" $root "part" .) | fromJson) -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{/* JSON: the parts of the pod, in order. */}}
{{- define "obskit.pod" -}}
{{- $root := . -}}
{{- $pod := dict "initContainers" list "volumes" list "env" list "volumeMounts" list -}}
{{- range concat (ternary (list "pod/fluentbit") list (eq .Values.logs.via "fluentbit")) (list "pod/collector" "pod/app") -}}
{{- $part := include "obskit.part" (dict "root" $root "part" .) | fromJson -}}
{{- range $key := keys $pod | sortAlpha }}{{ $_ := set $pod $key (concat (get $pod $key) (get $part $key | default list)) }}{{ end -}}
{{- end -}}
{{- toJson $pod -}}
{{- end -}}

{{- define "obskit.scope" -}}
{{- /* Not by the chart's name: an alias changes it. */ -}}
{{- if not (and (hasKey . "Files") (.Files.Get "files/rules.json")) -}}
{{- fail "obskit: call the obskit.v1.* templates with .Subcharts.obskit (or the alias of the dependency), not with ." -}}
{{- end -}}
{{- end -}}

{{/* What a pod template includes: {{ include "obskit.v1.initContainers" .Subcharts.obskit | nindent 8 }} */}}
{{- define "obskit.v1.initContainers" -}}
{{- include "obskit.scope" . -}}
{{- toYaml (include "obskit.pod" . | fromJson).initContainers -}}
{{- end -}}

{{- define "obskit.v1.volumes" -}}
{{- include "obskit.scope" . -}}
{{- toYaml (include "obskit.pod" . | fromJson).volumes -}}
{{- end -}}

{{- define "obskit.v1.env" -}}
{{- include "obskit.scope" . -}}
{{- toYaml (include "obskit.pod" . | fromJson).env -}}
{{- end -}}

{{- define "obskit.v1.volumeMounts" -}}
{{- include "obskit.scope" . -}}
{{- toYaml (include "obskit.pod" . | fromJson).volumeMounts -}}
{{- end -}}

{{- define "obskit.v1.podAnnotations" -}}
{{- include "obskit.scope" . -}}
obskit.dev/checksum: {{ printf "%s%s" (include "obskit.otelcol" .) (include "obskit.part" (dict "root" . "part" "fluentbit/base")) | sha256sum | trunc 16 }}
{{- $excluded := printf "exclude-%s" (include "obskit.container" .) }}
{{- if and (eq .Values.logs.via "fluentbit") (le (len $excluded) 63) }}
fluentbit.io/{{ $excluded }}: "true"
{{- end }}
{{- end -}}

{{- define "obskit.v1.podLabels" -}}
{{- include "obskit.scope" . -}}
obskit.dev/service: {{ include "obskit.name" . | quote }}
{{- end -}}
