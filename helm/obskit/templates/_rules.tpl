{{/* Seconds of a duration such as 1m30s. */}}
{{- define "obskit.seconds" -}}
{{- $minutes := regexFind "^[0-9]+m" . | trimSuffix "m" | default "0" | int -}}
{{- $seconds := regexFind "[0-9]+s$" . | trimSuffix "s" | default "0" | int -}}
{{- add (mul $minutes 60) $seconds -}}
{{- end -}}

{{/* Refuse overrides of alerts and parameters that do not exist: (dict "root" $ "pack" …). */}}
{{- define "obskit.refuse" -}}
{{- $known := dict -}}
{{- range .pack.groups }}{{ range .rules }}{{ if .alert }}{{ $_ := set $known .alert .params }}{{ end }}{{ end }}{{ end -}}
{{- range $name, $override := .root.Values.alerts -}}
{{- if not (hasKey $known $name) }}{{ fail (printf "obskit: no alert is called %s; known: %s" $name (keys $known | sortAlpha | join ", ")) }}{{ end -}}
{{- range $param, $value := $override.params -}}
{{- $params := get $known $name -}}
{{- if not (hasKey $params $param) }}{{ fail (printf "obskit: %s has no parameter %s; known: %s" $name $param (keys $params | sortAlpha | join ", ")) }}{{ end -}}
{{- $bounds := get $params $param -}}
{{- if or (lt (float64 $value) (float64 $bounds.minimum)) (gt (float64 $value) (float64 $bounds.maximum)) -}}
{{- fail (printf "obskit: %s of %s cannot be %v; it goes from %v to %v" $param $name $value $bounds.minimum $bounds.maximum) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* JSON: one alert as Prometheus reads it: (dict "root" $ "rule" … "tokens" …). */}}
{{- define "obskit.alert" -}}
{{- $values := .root.Values -}}
{{- $rule := .rule -}}
{{- $override := get $values.alerts $rule.alert | default dict -}}
{{- $tokens := deepCopy .tokens -}}
{{- range $name, $param := $rule.params -}}
{{- $given := $override.params | default dict -}}
{{- $_ := set $tokens (printf "param:%s" $name) (ternary (get $given $name | toString) $param.default (hasKey $given $name)) -}}
{{- end -}}
{{- $for := $override.for | default $rule.for -}}
{{- $keep := $override.keep_firing_for | default $rule.keep_firing_for -}}
{{- $held := mul 5 (div (add (include "obskit.seconds" $for | int) 4) 5) -}}
{{- $result := dict "alert" $rule.alert "expr" (include "obskit.replace" (dict "text" $rule.expr "tokens" $tokens)) -}}
{{- if ne $for "0s" }}{{ $_ := set $result "for" $for }}{{ end -}}
{{- if ne $keep "0s" }}{{ $_ := set $result "keep_firing_for" $keep }}{{ end -}}
{{- $labels := dict "severity" ($override.severity | default $rule.severity) "latency_class" $rule.latency_class "namespace" (include "obskit.namespace" .root) "service" (include "obskit.name" .root) -}}
{{- with $values.service.team }}{{ $_ := set $labels "team" . }}{{ end -}}
{{- $annotations := dict "summary" $rule.summary "description" (include "obskit.replace" (dict "text" $rule.description "tokens" $tokens)) "runbook_url" (printf "%s/%s" $values.backends.runbooks $rule.alert) "detection_budget" (printf "%ds" (addf $rule.budget_base $held | ceil | int)) -}}
{{- with $values.backends.grafana }}{{ $_ := set $annotations "dashboard_url" (printf "%s/d/%s" . (include "obskit.uid" (dict "root" $.root "slug" $rule.dashboard))) }}{{ end -}}
{{- $_ := set $result "labels" (merge (deepCopy ($override.labels | default dict)) $labels) -}}
{{- $_ := set $result "annotations" (merge (deepCopy ($override.annotations | default dict)) $annotations) -}}
{{- toJson $result -}}
{{- end -}}
