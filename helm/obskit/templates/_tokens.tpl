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

{{/* JSON: token -> text, of rules and dashboards. */}}
{{- define "obskit.tokens" -}}
{{- $by := "" -}}
{{- range .Values.groupLabels }}{{ $by = printf "%s%s, " $by . }}{{ end -}}
{{- $sets := list -}}
{{- range .Values.shards }}{{ $sets = append $sets (printf "label_replace(vector(%d), \"shard_set\", \"%s\", \"\", \"\")" (int .expected) .set) }}{{ end -}}
{{- $tokens := dict
  "job" (printf "%s/%s" (include "obskit.namespace" .) (include "obskit.name" .))
  "namespace" (include "obskit.namespace" .)
  "service" (include "obskit.name" .)
  "container" (include "obskit.container" .)
  "by" $by
  "window" "15s"
  "window_count" "10"
  "window_long" "30s"
  "window_long_count" "25"
  "learned_samples" "96"
  "expected_shards" (join " or " $sets | default "vector(0) > 1")
  "grafana" .Values.backends.grafana
  "runbooks" .Values.backends.runbooks
-}}
{{- range list "service" "database" "shards" "pods" "logs" "traces" -}}
{{- $_ := set $tokens (printf "uid:%s" .) (include "obskit.uid" (dict "root" $ "slug" .)) -}}
{{- end -}}
{{- toJson $tokens -}}
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
app.kubernetes.io/instance: {{ include "obskit.name" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: obskit-{{ .Chart.Version }}
{{- end -}}
