# #region ask
KEY=$(cat .tracker/api-key)
URL=http://127.0.0.1:8084

curl $URL/v1/events -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' -d '{"events": [
  {"eventId": "0198c0de-0000-7000-8000-000000000001", "type": "job.created", "timestamp": "2026-01-11T10:00:00.000Z",
   "env": "dev", "serviceKey": "billing", "instanceId": "continuous:invoice:42", "incarnationId": "life-1",
   "jobType": "continuous", "jobName": "invoice", "sequence": 1}]}'

curl -H "Authorization: Bearer $KEY" $URL/v1/tracker/plans/continuous:invoice:42
curl -H "Authorization: Bearer $KEY" $URL/v1/tracker/plans/continuous:invoice:42/tasks
curl -H "Authorization: Bearer $KEY" $URL/v1/tracker/plans/continuous:invoice:42/timeline
curl -H "Authorization: Bearer $KEY" "$URL/v1/tracker/metrics?agent_id=invoice&period=7d"
# #endregion
