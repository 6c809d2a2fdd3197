{{- define "kevo.name" -}}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{- end -}}

{{- define "kevo.labels" -}}
app.kubernetes.io/name: kernelevolve
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{/* Labels that select the pods of one component: (list . "worker"). */}}
{{- define "kevo.selector" -}}
app.kubernetes.io/name: kernelevolve
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/* (list . "coordinator") */}}
{{- define "kevo.image" -}}
{{- $root := index . 0 -}}
{{- $image := index $root.Values.images (index . 1) -}}
{{ printf "%s:%s" $image.repository (default $root.Chart.AppVersion $image.tag) | quote }}
{{- end -}}

{{- define "kevo.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
{{- end -}}

{{- define "kevo.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}

{{- define "kevo.probes" -}}
livenessProbe:
  httpGet: { path: /healthz, port: metrics }
  periodSeconds: 10
  failureThreshold: 6
  timeoutSeconds: 5
readinessProbe:
  httpGet: { path: /readyz, port: metrics }
  periodSeconds: 5
  timeoutSeconds: 5
{{- end -}}

{{/* The NATS server that workers and evaluators of another mode than embedded are told. */}}
{{- define "kevo.natsUrl" -}}
{{- if eq .Values.nats.mode "given" -}}
{{ required "nats.mode given needs nats.given.url" .Values.nats.given.url }}
{{- else -}}
{{ ternary "tls" "nats" .Values.nats.tls.enabled }}://{{ include "kevo.name" . }}-nats-client:4222
{{- end -}}
{{- end -}}

{{- define "kevo.tlsSecret" -}}
{{ default (printf "%s-nats-tls" (include "kevo.name" .)) .Values.nats.tls.secret }}
{{- end -}}

{{/* The secret of a given server's credentials; nothing without one. */}}
{{- define "kevo.credentials" -}}
{{- if eq .Values.nats.mode "given" -}}{{ .Values.nats.given.credentialsSecret }}{{- end -}}
{{- end -}}

{{/* The options with which a program reaches a server of another mode than embedded. */}}
{{- define "kevo.natsOptions" -}}
- --nats
- {{ include "kevo.natsUrl" . | quote }}
{{- if include "kevo.credentials" . }}
- --nats-creds
- /etc/kevo-nats/nats.creds
{{- end }}
{{- end -}}

{{/* Environment of programs of which the coordinator and the evaluators know each other by a token. */}}
{{- define "kevo.tokenEnv" -}}
{{- if ne .Values.nats.mode "embedded" }}
- name: KEVO_TOKEN
  valueFrom: { secretKeyRef: { name: {{ .Values.auth.tokenSecret | quote }}, key: token } }
{{- if .Values.nats.tls.enabled }}
- { name: NODE_EXTRA_CA_CERTS, value: /etc/kevo-ca/ca.crt }
{{- end }}
{{- end }}
{{- end -}}

{{- define "kevo.caMount" -}}
{{- if include "kevo.credentials" . }}
- { name: nats-credentials, mountPath: /etc/kevo-nats, readOnly: true }
{{- end }}
{{- if and (ne .Values.nats.mode "embedded") .Values.nats.tls.enabled }}
- { name: nats-ca, mountPath: /etc/kevo-ca, readOnly: true }
{{- end }}
{{- end -}}

{{- define "kevo.caVolume" -}}
{{- with include "kevo.credentials" . }}
- name: nats-credentials
  secret: { secretName: {{ . | quote }}, defaultMode: 0440 }
{{- end }}
{{- if and (ne .Values.nats.mode "embedded") .Values.nats.tls.enabled }}
- name: nats-ca
  secret: { secretName: {{ include "kevo.tlsSecret" . | quote }}, items: [{ key: ca.crt, path: ca.crt }] }
{{- end }}
{{- end -}}

{{/* What every program may write. */}}
{{- define "kevo.scratchMounts" -}}
- { name: tmp, mountPath: /tmp }
- { name: cache, mountPath: /var/cache/kernelevolve }
{{- end -}}

{{- define "kevo.dns" }}
# Names.
- to: [{ namespaceSelector: {} }]
  ports: [{ port: 53, protocol: UDP }, { port: 53, protocol: TCP }]
{{- end }}
{{- define "kevo.toNats" }}
{{- if eq .Values.nats.mode "given" }}
- ports: [{ port: 4222 }]
  {{- with .Values.networkPolicy.givenNats }}
  to: [{{ toJson . }}]
  {{- end }}
{{- else }}
- ports: [{ port: 4222 }]
  to:
    - podSelector:
        matchLabels: {{- include "kevo.selector" (list . (ternary "coordinator" "nats" (eq .Values.nats.mode "embedded"))) | nindent 10 }}
{{- end }}
{{- end }}
{{- define "kevo.fromMonitoring" }}
- ports: [{ port: {{ .Values.metrics.port }} }]
  from:
    {{- range .Values.networkPolicy.monitoringNamespaces }}
    - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: {{ . }} } }
    {{- end }}
{{- end }}
