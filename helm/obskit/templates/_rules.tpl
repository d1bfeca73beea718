{{/* Refuse an objective so low that no more than all requests would have to miss it: (dict "root" $ "rule" …). */}}
{{- define "obskit.reachable" -}}
{{- $slo := .root.Values.slo -}}
{{- $share := "" -}}
{{- if contains "<<slo_failed>>" .rule.expr }}{{ $share = include "obskit.share" $slo.availability }}{{ end -}}
{{- if contains "<<slo_slow>>" .rule.expr }}{{ $share = include "obskit.share" $slo.latency.objective }}{{ end -}}
{{- $rate := include "obskit.param" (dict "root" .root "alert" .rule.alert "param" "rate" "default" .rule.params.rate.default) -}}
{{- $enabled := get (get (.root.Values.alerts | default dict) .rule.alert | default dict) "enabled" | toString | ne "false" -}}
{{- if and $enabled $share -}}
{{- if ge (mulf (float64 $share) (float64 $rate)) 1.0 }}{{ fail (printf "obskit: %s can never fire; set its rate below %.4g, or enabled: false" .rule.alert (divf 1.0 (float64 $share))) }}{{ end -}}
{{- end -}}
{{- end -}}

{{/* Refuse a version that has not all that its pack asks for: (dict "name" … "given" … "oldest" …). */}}
{{- define "obskit.version" -}}
{{- if and .given .oldest -}}
{{- $given := include "obskit.sortable" .given -}}
{{- if lt $given (include "obskit.sortable" .oldest.version | trunc (len $given)) -}}
{{- fail (printf "obskit: packs.%s.version cannot be %s: %s emits %s, which the pack asks for, from %s on; update it, or leave the version out" .name .given .oldest.emitter .oldest.series .oldest.version) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* A version as text that sorts as it does. */}}
{{- define "obskit.sortable" -}}
{{- range splitList "." . }}{{ printf "%05d" (int .) }}{{ end -}}
{{- end -}}

{{/* Refuse what would leave alerts that never fire: (dict "root" $ "pack" …). */}}
{{- define "obskit.refuse" -}}
{{- $reserved := .pack.reserved -}}
{{- range $name, $options := .root.Values.packs -}}
{{- if and (has $name $.pack.packs) (ne (toString $options) "false") }}{{ $reserved = concat $reserved (get $.pack.reservedByPack $name) }}{{ end -}}
{{- end -}}
{{- range $label := .root.Values.groupLabels -}}
{{- if has $label $reserved }}{{ fail (printf "obskit: groupLabels cannot hold %s, which the rules use themselves" $label) }}{{ end -}}
{{- end -}}
{{- $sets := list -}}
{{- range .root.Values.shards -}}
{{- if has .set $sets }}{{ fail (printf "obskit: the set %s is there twice in shards" .set) }}{{ end -}}
{{- $sets = append $sets .set -}}
{{- end -}}
{{- range $name, $options := .root.Values.packs -}}
{{- if not (has $name $.pack.packs) }}{{ fail (printf "obskit: no pack is called %s; known: %s" $name (join ", " $.pack.packs)) }}{{ end -}}
{{- if kindIs "map" $options }}{{ include "obskit.version" (dict "name" $name "given" $options.version "oldest" (get $.pack.oldest $name)) }}{{ end -}}
{{- end -}}
{{- $known := dict -}}
{{- $families := dict -}}
{{- range $group := .pack.groups }}{{ range .rules }}{{ if .alert }}{{ $_ := set $known .alert .params }}{{ $_ := set $families .alert $group.family }}{{ end }}{{ end }}{{ end -}}
{{- range .pack.groups }}{{ range .rules }}{{ if hasKey (.params | default dict) "rate" }}{{ include "obskit.reachable" (dict "root" $.root "rule" .) }}{{ end }}{{ end }}{{ end -}}
{{- $ofLogs := dict -}}
{{- range .pack.groups }}{{ if eq .language "logql" }}{{ range .rules }}{{ $_ := set $ofLogs .alert true }}{{ end }}{{ end }}{{ end -}}
{{- range $name, $override := .root.Values.alerts -}}
{{- if and (hasKey $ofLogs $name) $override.keep_firing_for }}{{ fail (printf "obskit: %s cannot have keep_firing_for, which Loki's ruler does not know" $name) }}{{ end -}}
{{- if not (hasKey $known $name) }}{{ fail (printf "obskit: no alert is called %s; known: %s" $name (keys $known | sortAlpha | join ", ")) }}{{ end -}}
{{- $family := get $families $name -}}
{{- $packs := $.root.Values.packs | default dict -}}
{{- if and (has $family $.pack.packs) (or (not (hasKey $packs $family)) (eq (get $packs $family | toString) "false")) }}{{ fail (printf "obskit: %s is of the pack %s, which is off" $name $family) }}{{ end -}}
{{- range $key := list "for" "keep_firing_for" -}}
{{- $held := get $override $key | default "0s" -}}
{{- if gt (include "obskit.seconds" $held | int) 2592000 }}{{ fail (printf "obskit: %s of %s cannot be %s: at most 30d; enabled: false leaves an alert out" $key $name $held) }}{{ end -}}
{{- end -}}
{{- range $label, $value := $override.labels -}}
{{- if or (has $label $reserved) (has $label $.root.Values.groupLabels) }}{{ fail (printf "obskit: %s cannot set the label %s" $name $label) }}{{ end -}}
{{- include "obskit.template" (dict "root" $.root "known" $.pack.template "place" (printf "label %s of %s" $label $name) "text" $value) -}}
{{- end -}}
{{- range $annotation, $value := $override.annotations -}}
{{- if eq $annotation "detection_budget" }}{{ fail (printf "obskit: %s cannot set detection_budget, which is computed" $name) }}{{ end -}}
{{- if and (eq $annotation "runbook_url") (not (regexMatch "^https?://" $value)) }}{{ fail (printf "obskit: runbook_url of %s must begin with https:// or http://" $name) }}{{ end -}}
{{- include "obskit.template" (dict "root" $.root "known" $.pack.template "place" (printf "annotation %s of %s" $annotation $name) "text" $value) -}}
{{- end -}}
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

{{/* The value of a parameter of an alert: (dict "root" $ "alert" … "param" … "default" …). */}}
{{- define "obskit.param" -}}
{{- $given := (get (.root.Values.alerts | default dict) .alert | default dict).params | default dict -}}
{{- ternary (get $given .param | toString) .default (hasKey $given .param) -}}
{{- end -}}

{{/* The same as it stands in the expression: (dict "root" $ "alert" … "param" … "range" …). */}}
{{- define "obskit.term" -}}
{{- $number := include "obskit.param" (dict "root" .root "alert" .alert "param" .param "default" .range.default) -}}
{{- if eq .root.Values.thresholds "series" -}}
{{- $own := printf "alert=\"%s\", param=\"%s\", namespace=\"%s\"" .alert .param (include "obskit.namespace" .root) -}}
{{- printf "scalar(clamp(max(%s{%s, service=\"%s\"}) or max(%s{%s, service=\"\"}) or vector(%s), %s, %s))" .threshold $own (include "obskit.name" .root) .threshold $own $number .range.low .range.high -}}
{{- else }}{{ $number }}{{ end -}}
{{- end -}}

{{/* JSON: ALERT.PARAM -> value, the lines of the panels. */}}
{{- define "obskit.limits" -}}
{{- $limits := dict -}}
{{- range (.Files.Get "files/rules.json" | fromJson).groups }}{{ range $rule := .rules }}{{ range $name, $param := $rule.params -}}
{{- $_ := set $limits (printf "%s.%s" $rule.alert $name) (include "obskit.param" (dict "root" $ "alert" $rule.alert "param" $name "default" $param.default)) -}}
{{- end }}{{ end }}{{ end -}}
{{- toJson $limits -}}
{{- end -}}

{{/* The for of an alert: (dict "root" $ "rule" …). */}}
{{- define "obskit.for" -}}
{{- (get (.root.Values.alerts | default dict) .rule.alert | default dict).for | default .rule.for -}}
{{- end -}}

{{/* "true", or "" for an alert that is disabled: (dict "root" $ "rule" …). */}}
{{- define "obskit.isOn" -}}
{{- if ne (toString (get (get (.root.Values.alerts | default dict) .rule.alert | default dict) "enabled")) "false" }}true{{ end -}}
{{- end -}}

{{/* Seconds from the fault to the notification, with these intervals and this for: (dict "root" $ "rule" … "family" …). */}}
{{- define "obskit.told" -}}
{{- $intervals := merge (dict "scrape" (include "obskit.scrape" (dict "root" .root "family" .family))) .root.Values.intervals -}}
{{- include "obskit.budget" (dict "intervals" $intervals "rule" .rule "for" (include "obskit.for" .)) -}}
{{- end -}}

{{/* JSON: one alert as Prometheus reads it: (dict "root" $ "rule" … "group" … "threshold" … "tokens" …). */}}
{{- define "obskit.alert" -}}
{{- $values := .root.Values -}}
{{- $rule := .rule -}}
{{- $override := get ($values.alerts | default dict) $rule.alert | default dict -}}
{{- $tokens := deepCopy .tokens -}}
{{- $terms := deepCopy .tokens -}}
{{- range $name, $param := $rule.params -}}
{{- $_ := set $tokens (printf "param:%s" $name) (include "obskit.param" (dict "root" $.root "alert" $rule.alert "param" $name "default" $param.default)) -}}
{{- if eq $.group.language "promql" }}{{ $_ := set $terms (printf "param:%s" $name) (include "obskit.term" (dict "root" $.root "alert" $rule.alert "param" $name "range" $param "threshold" $.threshold)) }}{{ else }}{{ $_ := set $terms (printf "param:%s" $name) (get $tokens (printf "param:%s" $name)) }}{{ end -}}
{{- end -}}
{{- $for := include "obskit.for" (dict "root" .root "rule" $rule) -}}
{{- $keep := $override.keep_firing_for | default $rule.keep_firing_for -}}
{{- $result := dict "alert" $rule.alert "expr" (include "obskit.replace" (dict "text" $rule.expr "tokens" $terms)) -}}
{{- if ne $for "0s" }}{{ $_ := set $result "for" $for }}{{ end -}}
{{- if ne $keep "0s" }}{{ $_ := set $result "keep_firing_for" $keep }}{{ end -}}
{{- $labels := dict "severity" ($override.severity | default $rule.severity) "latency_class" $rule.latency_class "service" (include "obskit.name" .root) -}}
{{- if eq .group.scope "cluster" }}{{ $_ := set $labels "pack" .group.family }}{{ else }}{{ $_ := set $labels "namespace" (include "obskit.namespace" .root) }}{{ end -}}
{{- with $values.service.team }}{{ $_ := set $labels "team" . }}{{ end -}}
{{- $annotations := dict "summary" $rule.summary "description" (include "obskit.replace" (dict "text" $rule.description "tokens" $tokens)) "runbook_url" (printf "%s/%s" $values.backends.runbooks $rule.alert) "detection_budget" (printf "%ss" (include "obskit.told" (dict "root" .root "rule" $rule "family" .group.family))) -}}
{{- with $values.backends.grafana }}{{ $_ := set $annotations "dashboard_url" (printf "%s/d/%s" . (include "obskit.uid" (dict "root" $.root "slug" $rule.dashboard))) }}{{ end -}}
{{- $_ := set $result "labels" (merge (deepCopy ($override.labels | default dict)) $labels) -}}
{{- $_ := set $result "annotations" (merge (deepCopy ($override.annotations | default dict)) $annotations) -}}
{{- toJson $result -}}
{{- end -}}

{{/* JSON: the groups of rules in a language: (dict "root" $ "pack" … "language" …). */}}
{{- define "obskit.groups" -}}
{{- $root := .root -}}
{{- $pack := .pack -}}
{{- $interval := ternary $root.Values.intervals.evaluation $root.Values.intervals.logs (eq .language "promql") -}}
{{- $groups := list -}}
{{- range $group := $pack.groups -}}
{{- if and (eq $group.language $.language) (include "obskit.enabled" (dict "root" $root "pack" $pack "family" $group.family)) -}}
{{- $tokens := include "obskit.tokens" (dict "root" $root "family" $group.family) | fromJson -}}
{{- $rules := list -}}
{{- $alerts := 0 -}}
{{- range $group.rules -}}
{{- if .record -}}
{{- $rules = append $rules (dict "record" .record "expr" (include "obskit.replace" (dict "text" .expr "tokens" $tokens))) -}}
{{- else if include "obskit.isOn" (dict "root" $root "rule" .) -}}
{{- $alerts = add1 $alerts -}}
{{- $rules = append $rules (include "obskit.alert" (dict "root" $root "rule" . "group" $group "threshold" $pack.threshold "tokens" $tokens) | fromJson) -}}
{{- end -}}
{{- end -}}
{{- if $alerts }}{{ $groups = append $groups (dict "name" (printf "%s-%s-%s" $group.name (include "obskit.namespace" $root) (include "obskit.name" $root)) "interval" $interval "rules" $rules) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- toJson $groups -}}
{{- end -}}

{{/* JSON: the alerts that are told later than they promise, each with its seconds. */}}
{{- define "obskit.late" -}}
{{- $pack := .Files.Get "files/rules.json" | fromJson -}}
{{- $late := list -}}
{{- range $language := list "promql" "logql" -}}
{{- range $group := $pack.groups -}}
{{- if and (eq $group.language $language) (include "obskit.enabled" (dict "root" $ "pack" $pack "family" $group.family)) -}}
{{- range $rule := $group.rules -}}
{{- if and $rule.alert (include "obskit.isOn" (dict "root" $ "rule" $rule)) -}}
{{- $told := include "obskit.told" (dict "root" $ "rule" $rule "family" $group.family) -}}
{{- if gt (float64 $told) (float64 $rule.limit) }}{{ $late = append $late (printf "%s (%s s instead of %.0f)" $rule.alert $told (float64 $rule.limit)) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $late -}}
{{- end -}}

{{/* Seconds from a log line to the notification, as obskit/promql/log_budget.py computes them: as below. */}}
{{- define "obskit.logBudget" -}}
{{- $evaluation := include "obskit.seconds" .intervals.logs | int -}}
{{- $held := mul $evaluation (div (add (include "obskit.seconds" .for | int) $evaluation -1) $evaluation) -}}
{{- $wait := include "obskit.seconds" (ternary .intervals.groupWait .rule.group_wait (eq .rule.latency_class "fast")) | int -}}
{{- $window := .rule.window_seconds | default (mul (.rule.window | default 0) $evaluation) -}}
{{- addf .rule.delay (mulf .rule.window_share $window) $evaluation $held $wait | ceil | int -}}
{{- end -}}

{{/* Seconds from fault to notification, as obskit/promql/budget.py computes them: (dict "intervals" … "rule" … "for" …). */}}
{{- define "obskit.budget" -}}
{{- if eq .rule.source "logs" }}{{ include "obskit.logBudget" . }}{{ else -}}
{{- $pushed := eq .rule.source "otlp" -}}
{{- $sample := include "obskit.seconds" (ternary .intervals.export .intervals.scrape $pushed) | int -}}
{{- $evaluation := include "obskit.seconds" .intervals.evaluation | int -}}
{{- $held := mul $evaluation (div (add (include "obskit.seconds" .for | int) $evaluation -1) $evaluation) -}}
{{- $batch := ternary (include "obskit.seconds" .intervals.collectorBatch | int) 0 $pushed -}}
{{- $wait := include "obskit.seconds" (ternary .intervals.groupWait .rule.group_wait (eq .rule.latency_class "fast")) | int -}}
{{- $window := max .rule.window (ternary (include "obskit.least" .intervals | int) 0 $pushed) -}}
{{- if .rule.window_seconds }}{{ $window = divf (max .rule.window_seconds (mul (.rule.window | default 0) $sample)) $sample }}{{ end -}}
{{- $samples := addf 1 (mulf .rule.window_share (maxf 0 (subf $window 1))) -}}
{{- addf (mulf $samples $sample) (mul .rule.evaluations $evaluation) $held $batch $wait | ceil | int -}}
{{- end -}}
{{- end -}}
