/* The members of all objects: see schema.h. */
#include "workflow/schema.h"

#include "base/mem.h"

#define S MAY_STRING
#define N MAY_NUMBER
#define B MAY_BOOL
#define A MAY_ARRAY
#define O MAY_OBJECT
#define SHAPE(name, what) \
	static const struct schema name = { what, name##_members, ARRAY_LEN(name##_members) }

static const struct schema_member port_members[] = {
	{ "name", S, NULL, 0, NULL },
	{ "type", S, NULL, 0, NULL },
	{ "data", MAY_ANY, NULL, 0, NULL },
	{ "value", MAY_ANY, NULL, 0, NULL },
};
SHAPE(port, "an input");

static const struct schema_member output_members[] = {
	{ "name", S, NULL, 0, NULL },
	{ "type", S, NULL, 0, NULL },
	{ "config", O, NULL, 0, NULL },
};
SHAPE(output, "an output");

static const struct schema_member condition_members[] = {
	{ "type", S, NULL, 0, NULL },
	{ "left", MAY_ANY, NULL, 0, NULL },
	{ "right", MAY_ANY, NULL, 0, NULL },
};
SHAPE(condition, "a condition");

static const struct schema_member step_policy_members[] = {
	{ "poll_interval_seconds", S | N, NULL, 0, NULL },
	{ "max_execution_minutes", S | N, NULL, 0, NULL },
	{ "skip_conditions", A | O, &condition, O, NULL },
	{ "execution_policy", S, NULL, 0, NULL },
	{ "use_cache", B, NULL, 0, NULL },
};
SHAPE(step_policy, "a step's policy");

static const struct schema_member step_members[] = {
	{ "name", S | MUST, NULL, 0, NULL },
	{ "type", S, NULL, 0, NULL },
	{ "title", S, NULL, 0, NULL },
	{ "description", S, NULL, 0, NULL },
	{ "inputs", A, &port, O, NULL },
	{ "outputs", A, &output, O, NULL },
	{ "properties", O, NULL, 0, NULL },
	{ "depend_steps", A | S, NULL, S, NULL },
	{ "conditions", A | O, &condition, O, NULL },
	{ "if_then_steps", A | S, NULL, S, NULL },
	{ "else_then_steps", A | S, NULL, S, NULL },
	{ "policy", O, &step_policy, 0, NULL },
	{ "created_at", S | SERVER, NULL, 0, NULL },
};
SHAPE(step, "a step");

static const struct schema_member parameter_members[] = {
	{ "name", S, NULL, 0, NULL },
	{ "type", S, NULL, 0, NULL },
	{ "description", S, NULL, 0, NULL },
	{ "example", MAY_ANY, NULL, 0, NULL },
	{ "format", S, NULL, 0, NULL },
	{ "delay", B, NULL, 0, NULL },
	{ "default", MAY_ANY, NULL, 0, NULL },
	{ "value", MAY_ANY, NULL, 0, NULL },
	{ "enum", A, NULL, 0, NULL },
	{ "used_steps", A | S, NULL, S, NULL },
	{ "constraint", O, NULL, 0, NULL },
	{ "required", B, NULL, 0, NULL },
};
SHAPE(parameter, "a parameter");

static const struct schema_member data_condition_members[] = {
	{ "attribute", S, NULL, 0, NULL },
	{ "operator", S, NULL, 0, NULL },
	{ "value", MAY_ANY, NULL, 0, NULL },
};
SHAPE(data_condition, "a condition on data");

static const struct schema_member requirement_members[] = {
	{ "name", S | MUST, NULL, 0, NULL },
	{ "type", S | MUST, NULL, 0, NULL },
	{ "conditions", A, &data_condition, O, NULL },
	{ "value", O, NULL, 0, NULL },
	{ "used_steps", A | S, NULL, S, NULL },
	{ "delay", B, NULL, 0, NULL },
	{ "description", S, NULL, 0, NULL },
	{ "title", S, NULL, 0, NULL },
};
SHAPE(requirement, "a data requirement");

static const struct schema_member data_members[] = {
	{ "name", S, NULL, 0, NULL },
	{ "type", S, NULL, 0, NULL },
	{ "value", O, NULL, 0, NULL },
	{ "used_steps", A | S, NULL, S, NULL },
	{ "description", S, NULL, 0, NULL },
	{ "title", S, NULL, 0, NULL },
};
SHAPE(data, "a data object");

static const struct schema_member storage_members[] = {
	{ "name", S, NULL, 0, NULL },
	{ "type", S, NULL, 0, NULL },
	{ "path", S, NULL, 0, NULL },
	{ "title", S, NULL, 0, NULL },
	{ "description", S, NULL, 0, NULL },
};
SHAPE(storage, "a storage");

static const struct schema_member subgraph_members[] = {
	{ "name", S, NULL, 0, NULL },
	{ "steps", A | S, NULL, S, NULL },
};
SHAPE(subgraph, "a sub-graph");

static const struct schema_member scene_members[] = {
	{ "id", S, NULL, 0, NULL },
	{ "name", S, NULL, 0, NULL },
	{ "steps", A | S, NULL, S, NULL },
	{ "description", S, NULL, 0, NULL },
};
SHAPE(scene, "a scene");

static const struct schema_member policy_members[] = {
	{ "use_scene", S, NULL, 0, NULL },
	{ "scene_id", S, NULL, 0, NULL },
	{ "scenes", A, &scene, O, NULL },
};
SHAPE(policy, "a policy");

static const struct schema_member asset_members[] = {
	{ "name", S, NULL, 0, NULL },
	{ "type", S, NULL, 0, NULL },
	{ "content_id", S, NULL, 0, NULL },
	{ "subscription_id", S, NULL, 0, NULL },
	{ "expired_at", S, NULL, 0, NULL },
};
SHAPE(asset, "an asset");

static const struct schema_member gallery_members[] = {
	{ "content_id", S, NULL, 0, NULL },
	{ "version_id", S, NULL, 0, NULL },
	{ "version", S | OLD, NULL, 0, "version_id" },
	{ "expired_at", S, NULL, 0, NULL },
};
SHAPE(gallery, "a gallery subscription");

#define COMMON_MEMBERS \
	{ "name", S | MUST, NULL, 0, NULL }, { "description", S, NULL, 0, NULL }, \
	    { "steps", A, &step, O, NULL }, { "parameters", A, &parameter, O, NULL }, \
	    { "data_requirements", A, &requirement, O, NULL }, \
	    { "storages", A, &storage, O, NULL }, \
	{ \
		"labels", A, NULL, S, NULL \
	}

static const struct schema_member workflow_members[] = {
	COMMON_MEMBERS,
	{ "data", A, &data, O, NULL },
	{ "sub_graphs", A, &subgraph, O, NULL },
	{ "policy", O, &policy, 0, NULL },
	{ "assets", A, &asset, O, NULL },
	{ "workspace_id", S, NULL, 0, NULL },
	{ "user_name", S, NULL, 0, NULL },
	{ "source_workflow_id", S, NULL, 0, NULL },
	{ "source", S, NULL, 0, NULL },
	{ "exeml_template_id", S, NULL, 0, NULL },
	{ "subscription_id", S, NULL, 0, NULL },
	{ "gallery_subscription", O, &gallery, 0, NULL },
	{ "with_subscription", B, NULL, 0, NULL },
	{ "smn_switch", B | S, NULL, 0, NULL },
	{ "extend", O, NULL, 0, NULL },
	{ "package", O, NULL, 0, NULL },
	{ "workflow_id", S | SERVER, NULL, 0, NULL },
	{ "created_at", S | SERVER, NULL, 0, NULL },
	{ "last_modified_at", S | SERVER, NULL, 0, NULL },
	{ "run_count", N | SERVER, NULL, 0, NULL },
	{ "param_ready", B | SERVER, NULL, 0, NULL },
	{ "latest_execution", O | SERVER, NULL, 0, NULL },
};
SHAPE(workflow, "a workflow");

/* What an update may change; the rest it keeps. */
static const struct schema_member update_members[] = {
	COMMON_MEMBERS,
	{ "smn_switch", B | S, NULL, 0, NULL },
};
SHAPE(update, "the body of an update call");

static const struct schema_member error_members[] = {
	{ "error_code", S, NULL, 0, NULL },
	{ "error_message", S, NULL, 0, NULL },
};
SHAPE(error, "an error_info");

static const struct schema_member metric_pair_members[] = {
	{ "key", S, NULL, 0, NULL },
	{ "value", MAY_ANY, NULL, 0, NULL },
};
SHAPE(metric_pair, "an entry of metric_list");

static const struct schema_member verdict_members[] = {
	{ "result", S | B, NULL, 0, NULL },
	{ "metric_list", A, &metric_pair, O, NULL },
};
SHAPE(verdict, "a conditions_execution");

static const struct schema_member step_execution_members[] = {
	{ "step_name", S, NULL, 0, NULL },
	{ "name", S, NULL, 0, NULL },
	{ "type", S, NULL, 0, NULL },
	{ "status", S, NULL, 0, NULL },
	{ "instance_id", S | O, NULL, 0, NULL },
	{ "inputs", A, NULL, O, NULL },
	{ "outputs", A, NULL, O, NULL },
	{ "step_uuid", S, NULL, 0, NULL },
	{ "uuid", S, NULL, 0, NULL },
	{ "created_at", S, NULL, 0, NULL },
	{ "updated_at", S, NULL, 0, NULL },
	{ "properties", O, NULL, 0, NULL },
	{ "events", A, NULL, S, NULL },
	{ "error_info", O, &error, 0, NULL },
	{ "policy", O, NULL, 0, NULL },
	{ "conditions_execution", O, &verdict, 0, NULL },
	{ "step_title", S, NULL, 0, NULL },
	{ "conditions", A | O, NULL, 0, NULL },
	{ "if_then_steps", A | S, NULL, S, NULL },
	{ "else_then_steps", A | S, NULL, S, NULL },
	{ "depend_steps", A | S, NULL, S, NULL },
	{ "duration", N | S, NULL, 0, NULL },
};
SHAPE(step_execution, "a step execution");

static const struct schema_member execution_members[] = {
	{ "created_at", S, NULL, 0, NULL },
	{ "name", S, NULL, 0, NULL },
	{ "execution_id", S, NULL, 0, NULL },
	{ "description", S, NULL, 0, NULL },
	{ "status", S, NULL, 0, NULL },
	{ "workspace_id", S, NULL, 0, NULL },
	{ "workflow_id", S, NULL, 0, NULL },
	{ "workflow_name", S, NULL, 0, NULL },
	{ "scene_id", S, NULL, 0, NULL },
	{ "scene_name", S, NULL, 0, NULL },
	{ "steps_execution", A, &step_execution, O, NULL },
	{ "sub_graphs", A, &subgraph, O, NULL },
	{ "duration", N | S, NULL, 0, NULL },
	{ "events", A, NULL, S, NULL },
	{ "labels", A, NULL, S, NULL },
	{ "data_requirements", A, NULL, O, NULL },
	{ "parameters", A, NULL, O, NULL },
	{ "policies", O, NULL, 0, NULL },
};
SHAPE(execution, "an execution record");

static const struct schema_member schedule_content_members[] = {
	{ "cron", S, NULL, 0, NULL },
	{ "method", S, NULL, 0, NULL },
};
SHAPE(schedule_content, "the content of a schedule");

static const struct schema_member schedule_members[] = {
	{ "type", S, NULL, 0, NULL },
	{ "action", S, NULL, 0, NULL },
	{ "content", O, &schedule_content, 0, NULL },
	{ "policies", O, NULL, 0, NULL },
	{ "enable", B, NULL, 0, NULL },
	{ "uuid", S, NULL, 0, NULL },
	{ "created_at", S, NULL, 0, NULL },
	{ "user_id", S, NULL, 0, NULL },
};
SHAPE(schedule, "a schedule");

const struct schema *
schema_document(enum wf_kind kind)
{
	switch (kind) {
	case WF_DOC_UPDATE:
		return &update;
	case WF_DOC_EXECUTION:
		return &execution;
	case WF_DOC_SCHEDULE:
		return &schedule;
	case WF_DOC_CREATE:
	case WF_DOC_SHOW:
		break;
	}
	return &workflow;
}
