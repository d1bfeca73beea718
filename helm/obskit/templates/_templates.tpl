{{/*
Refuse a template for which Prometheus would refuse all rules: (dict "root" $ "known" … "place" … "text" …).
Helm reads templates with the same package of Go: tpl finds every error of the grammar. A function that it has stands in for
those of Prometheus, and nothing of it is executed.
*/}}
{{- define "obskit.template" -}}
{{- $string := "\"(?:[^\"\\\\\\n]|\\\\[^\\n])*\"|`[^`]*`|'(?:[^'\\\\\\n]|\\\\[^\\n])*'" -}}
{{- $comment := "\\{\\{(?:-[ \\t\\r\\n])?/\\*[^*]*\\*+(?:[^*/][^*]*\\*+)*/(?:[ \\t\\r\\n]-)?\\}\\}" -}}
{{- $action := printf "\\{\\{(?:%s|[^\"`'{}])*\\}\\}" $string -}}
{{- $read := printf "{{/* obskit: Prometheus would refuse all rules for %s */}}{{ if false }}" .place -}}
{{- range .known.variables }}{{ $read = printf "%s{{ %s := 0 }}" $read . }}{{ end -}}
{{- $declares := false -}}
{{- $unknown := list -}}
{{- $open := list -}}
{{- range $part := regexFindAll (printf "%s|%s|\\{+|[^{]+" $comment $action) .text -1 -}}
{{- if regexMatch (printf "^(%s)$" $comment) $part -}}
{{- else if not (hasPrefix "{{" $part) }}{{ $read = print $read $part -}}
{{- else -}}
{{- if not (hasSuffix "}}" $part) }}{{ include "obskit.noTemplate" (dict "place" $.place "why" "{{ or a quote stands without its other half") }}{{ end -}}
{{- $first := regexFind "^\\{\\{(?:-[ \\t\\r\\n])?[ \\t\\r\\n]*[\\pL_]+" $part | regexFind "[\\pL_]+$" -}}
{{- if has $first (list "if" "with" "range" "block" "define") -}}
{{- if and (eq $first "define") $open }}{{ include "obskit.noTemplate" (dict "place" $.place "why" "define stands inside of another block") }}{{ end -}}
{{- $named := printf "define([ \\t\\r\\n]*(?:%s)[ \\t\\r\\n]*)((?:[ \\t\\r\\n]-)?\\}\\})$" $string -}}
{{- if eq $first "define" -}}
{{- if not (regexMatch $named $part) }}{{ include "obskit.noTemplate" (dict "place" $.place "why" "define has no name in quotes") }}{{ end -}}
{{- $part = regexReplaceAll $named $part "block${1} $$ ${2}" -}}
{{- end -}}
{{- $open = append $open $first -}}
{{- else if and (has $first (list "else" "end")) (not $open) }}{{ include "obskit.noTemplate" (dict "place" $.place "why" (printf "%s has nothing that it belongs to" $first)) -}}
{{- else if eq $first "end" }}{{ $open = initial $open -}}
{{- end -}}
{{- range $token := regexFindAll (printf "(?s)%s|[$.]?[\\pL\\p{Nd}_]+|." $string) $part -1 -}}
{{- if eq $token "=" }}{{ $declares = true }}{{ end -}}
{{- if and (regexMatch "^[$][\\pL_]" $token) (not (has $token $.known.variables)) }}{{ $unknown = append $unknown $token }}{{ end -}}
{{- if regexMatch "^[\\pL_]" $token -}}
{{- if has $token $.known.functions }}{{ $token = "print" -}}
{{- else if not (has $token $.known.words) }}{{ include "obskit.noTemplate" (dict "place" $.place "why" (printf "there is no function %s; known: %s" $token (join ", " $.known.functions))) }}{{ end -}}
{{- end -}}
{{- $read = print $read $token -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $open }}{{ include "obskit.noTemplate" (dict "place" .place "why" (printf "%s has no end" (last $open))) }}{{ end -}}
{{- if and $unknown (not $declares) }}{{ include "obskit.noTemplate" (dict "place" .place "why" (printf "there is no variable %s" (first $unknown))) }}{{ end -}}
{{- tpl (printf "%s{{ end }}" $read) .root -}}
{{- end -}}

{{- define "obskit.noTemplate" -}}
{{- fail (printf "obskit: %s: %s; Prometheus would refuse all rules" .place .why) -}}
{{- end -}}
