# What the README says to ask after `npm run demo -- --keep`; demo.test.ts asks it as it stands.
# No comments below: a shell that reads them from a person may take them for arguments.

# #region tracker
npm run -s tracker -- plans --limit 5
npm run -s tracker -- plan workerPool:packageAudit:0
npm run -s tracker -- tasks continuous:lockfileCheck:workspace
npm run -s tracker -- timeline continuous:lockfileCheck:workspace
npm run -s tracker -- jobs
npm run -s tracker -- agents --period 1h
npm run -s tracker -- tail --after 0-0 | head -n 5

TASK=$(npm run -s tracker -- tasks continuous:lockfileCheck:workspace --json | sed 's/.*"task_id":"\([^"]*\)".*/\1/')
npm run -s tracker -- explain "$TASK"
# #endregion

# #region curl
ask() { curl -sS -H "Authorization: Bearer $TRACKER_API_KEY" "$TRACKER_URL/v1/tracker/$1"; echo; }

ask 'plans?limit=5'
ask plans/workerPool:packageAudit:0
ask plans/continuous:lockfileCheck:workspace/tasks
ask plans/continuous:lockfileCheck:workspace/timeline
ask jobs
ask 'agents?period=1h'

TASK=$(ask plans/continuous:lockfileCheck:workspace/tasks | sed 's/.*"task_id":"\([^"]*\)".*/\1/')
ask "tasks/$TASK/explain"
# #endregion
