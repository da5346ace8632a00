# #region ask
KEY=$(cat .tracker/api-key)
URL=http://127.0.0.1:8084
NOW=$(date -u +%Y-%m-%dT%H:%M:%SZ)
RUN='"instanceId": "continuous:invoice:42", "jobType": "continuous", "jobName": "invoice", "incarnationId": "life-1",
     "executionId": "life-1:r1", "runCount": 1, "attempt": 1'

curl -sS $URL/v1/events -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' -d "{\"events\": [
  {\"eventId\": \"e-1\", \"timestamp\": \"$NOW\", \"sequence\": 1, \"type\": \"execution.started\", \"handler\": \"execute\", $RUN},
  {\"eventId\": \"e-2\", \"timestamp\": \"$NOW\", \"sequence\": 2, \"type\": \"execution.succeeded\", $RUN}]}"; echo

ask() { curl -sS -H "Authorization: Bearer $KEY" "$URL/v1/tracker/$1"; echo; }
ask plans/continuous:invoice:42
ask plans/continuous:invoice:42/tasks
ask plans/continuous:invoice:42/timeline
ask 'metrics?agent_id=invoice&period=7d'
# #endregion
