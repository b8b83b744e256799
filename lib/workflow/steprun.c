/* Running one step: see steprun.h. */
#include "workflow/steprun.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/num.h"
#include "base/path.h"
#include "base/sha256.h"
#include "base/tmpfiles.h"
#include "json/write.h"
#include "workflow/modelstore.h"
#include "workflow/params.h"
#include "workflow/process.h"
#include "workflow/steptype.h"

#define LIMIT_MINUTES 10080 /* the service's default: a week */

/* One step while it runs. */
struct turn {
	const struct steprun *run;
	struct wf wf;
	struct branches branches;
	struct work work;
	int lock;     /* on running/STEP, as long as we are here */
	bool stamped; /* it has become the stamp */
	long killed;  /* the process that an earlier run, which was killed, had started; 0: none */
	struct cond *cond; /* the conditions of a condition step, or the skip conditions */
	struct timespec start;
	struct process_end end;
	const char *status; /* for the stamp */
	struct buf reason;
	bool decided;
	enum verdict verdict;
};

/* ---- what happened before ---- */

static enum step_state
state_of(void *ctx, uint32_t step)
{
	struct turn *t = ctx;
	struct buf name = BUF_INIT;
	enum step_state state;
	struct stamp s;

	step_file_name(&name, t->wf.step[step].name);
	stamp_read(&s, t->run->site.run, buf_str(&name));
	state = s.state;
	stamp_release(&s);
	buf_release(&name);
	return state == STEP_UNKNOWN && t->run->scene ? STEP_OUTSIDE : state;
}

static enum verdict
verdict_of(void *ctx, uint32_t step)
{
	struct turn *t = ctx;
	struct buf name = BUF_INIT;
	enum verdict v;
	struct stamp s;

	step_file_name(&name, t->wf.step[step].name);
	stamp_read(&s, t->run->site.run, buf_str(&name));
	v = stamp_verdict(&s);
	stamp_release(&s);
	buf_release(&name);
	return v;
}

/* ---- conditions ---- */

struct loader {
	struct turn *turn;
	struct metrics_set *set;
	struct strmap seen;
};

/* Load the file behind one metric operand, "STEP/OUTPUT". */
static void
load_metrics(void *ctx, struct operand *o)
{
	struct loader *l = ctx;
	struct span source = buf_span(&o->source), step, rest = source;
	struct buf name = BUF_INIT, path = BUF_INIT, scratch = BUF_INIT;
	const struct json_node *output, *url;
	struct stamp s;
	bool is_new;

	if (o->kind != OPERAND_METRIC || !span_cut(&rest, '/', &step))
		return;
	strmap_put(&l->seen, source, 0, &is_new);
	if (!is_new)
		return;
	step_file_name(&name, step);
	stamp_read(&s, l->turn->run->site.run, buf_str(&name));
	output = s.state == STEP_COMPLETED ? stamp_output(&s, rest) : NULL;
	url = json_tree_get(&s.tree, output, "obs_url");
	buf_addspan(&path, source);
	buf_addc(&path, '=');
	if (url && obs_path(&path, &l->turn->run->site, json_node_text(url, &scratch)))
		metrics_set_add(l->set, buf_str(&path), DIAG_WARNING);
	stamp_release(&s);
	buf_release(&name);
	buf_release(&path);
	buf_release(&scratch);
}

static enum verdict
decide_conditions(struct turn *t, const struct json_node *conditions)
{
	struct params params = { .n = 0 };
	struct metrics_set set = { .n = 0 };
	struct wf_known known = { &params, &t->wf, &set };
	struct cond_env env = wf_known_env(&known);
	struct loader loader = { .turn = t, .set = &set };
	enum verdict v = VERDICT_UNKNOWN;

	cond_free(t->cond);
	t->cond = cond_read(json_node_raw(conditions), wf_pos(&t->wf, conditions));
	if (t->cond) {
		cond_each_operand(t->cond, load_metrics, &loader);
		v = cond_eval(t->cond, &env);
		cond_report(t->cond, v == VERDICT_UNKNOWN ? DIAG_ERROR : DIAG_WARNING);
	}
	strmap_release(&loader.seen);
	metrics_set_release(&set);
	params_release(&params);
	return v;
}

static enum verdict
skip_if(void *ctx, uint32_t step)
{
	struct turn *t = ctx;

	return decide_conditions(t, t->wf.step[step].skip_if);
}

/* ---- the stamp ---- */

static void
write_time(struct buf *out, time_t seconds, long nanoseconds)
{
	char text[32];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	jw_key(out, "start");
	buf_addf(out, "\"%s.%03ldZ\"", text, nanoseconds / 1000000);
}

static double
seconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

/* What an output holds: the files, and one digest over their list. */
static void
write_content(struct buf *out, const char *path)
{
	unsigned char digest[SHA256_SIZE];
	struct buf list = BUF_INIT, hex = BUF_INIT;
	struct json j;
	struct span item;
	uint64_t files = 0;

	jw_open(&list, '[');
	if (files_list(&list, path)) {
		jw_close(&list, ']');
		json_begin(&j, buf_span(&list));
		for (json_array(&j); json_item(&j) && json_value(&j, &item);)
			files++;
		sha256_bytes(list.p, list.n, digest);
		sha256_hex(&hex, digest);
		jw_member_u64(out, "files", files);
		jw_member_string(out, "sha256", buf_span(&hex));
	}
	buf_release(&list);
	buf_release(&hex);
}

static void
write_port(struct buf *out, const struct turn *t, const struct port *p, bool output)
{
	jw_open(out, '{');
	jw_member_string(out, "name", p->name);
	if (p->type.p)
		jw_member_string(out, "type", p->type);
	if (p->value.path.n)
		jw_member_string(out, "obs_url", buf_span(&p->value.text));
	else if (p->value.json)
		jw_member_raw(out, "value", buf_span(&p->value.text));
	else if (p->value.text.n)
		jw_member_string(out, "value", buf_span(&p->value.text));
	if (output && p->value.path.n && access(buf_str(&p->value.path), F_OK) != 0)
		jw_member_bool(out, "missing", true);
	else if (output && p->value.path.n && t->run->checksums)
		write_content(out, buf_str(&p->value.path));
	jw_close(out, '}');
}

static void
write_ports(struct buf *out, const struct turn *t, const char *key, const struct port *p, size_t n,
    bool output)
{
	if (n == 0)
		return;
	jw_key(out, key);
	jw_open(out, '[');
	for (size_t i = 0; i < n; i++)
		write_port(out, t, &p[i], output);
	jw_close(out, ']');
}

static void
write_condition(struct buf *out, const struct turn *t)
{
	jw_member_bool(out, "result", t->verdict == VERDICT_TRUE);
	jw_key(out, "metric_list");
	cond_metric_list(out, t->cond);
	jw_key(out, "trace");
	cond_trace(out, t->cond);
}

static void
write_stamp(struct turn *t, struct buf *out)
{
	const char *type = t->wf.step[0].type < WF_TYPE_UNKNOWN
			       ? wf_step_type_names[t->wf.step[0].type]
			       : "unknown";

	jw_open(out, '{');
	jw_member_string(out, "step", t->wf.step[0].name);
	jw_member_str(out, "type", type);
	jw_member_str(out, "status", t->status);
	if (t->reason.n)
		jw_member_string(out, "reason", buf_span(&t->reason));
	if (t->end.code)
		jw_member_u64(out, "exit", (uint64_t)t->end.code);
	if (t->end.signal)
		jw_member_u64(out, "signal", (uint64_t)t->end.signal);
	write_time(out, t->start.tv_sec, t->start.tv_nsec);
	jw_key(out, "duration");
	num_add_fixed(out, seconds_since(&t->start), 3);
	write_ports(out, t, "inputs", t->work.input, t->work.ninputs, false);
	write_ports(out, t, "outputs", t->work.output, t->work.noutputs,
	    strcmp(t->status, "completed") == 0);
	if (t->decided)
		write_condition(out, t);
	jw_close(out, '}');
	buf_addc(out, '\n');
}

/* The end of a turn: the stamp, a word on stderr unless all is well. Returns the exit status. */
static int
turn_end(struct turn *t, const char *status)
{
	bool done = strcmp(status, "completed") == 0 || strcmp(status, "skipped") == 0;
	struct buf out = BUF_INIT;

	t->status = status;
	write_stamp(t, &out);
	stamp_write(t->run->site.run, t->run->stamp, t->lock, done, buf_span(&out));
	t->stamped = true;
	buf_release(&out);
	if (!done)
		error_at(POS_NONE, NULL, "step '%.*s' %s%s%s", SPAN_ARG(t->wf.step[0].name), status,
		    t->reason.n ? ": " : "", buf_str(&t->reason));
	else if (t->reason.n)
		say("step '%.*s' %s: %s", SPAN_ARG(t->wf.step[0].name), status,
		    buf_str(&t->reason));
	return done ? STATUS_OK : STATUS_FINDINGS;
}

/* ---- doing it ---- */

static double
time_limit(const struct turn *t)
{
	const struct json_node *n =
	    json_tree_get(&t->wf.tree, t->wf.step[0].policy, "max_execution_minutes");
	struct buf scratch = BUF_INIT;
	double minutes = LIMIT_MINUTES;

	if (t->run->limit > 0)
		return t->run->limit;
	if (!json_node_number(n, &minutes) && json_node_type(n) == JSON_STRING &&
	    !num_parse(json_node_text(n, &scratch), &minutes))
		minutes = LIMIT_MINUTES;
	buf_release(&scratch);
	return minutes > 0 ? minutes * 60 : LIMIT_MINUTES * 60.0;
}

/* WF_INPUT_x, WF_OUTPUT_x: '-' and other odd characters become '_'. */
static char *
port_variable(const char *kind, const struct port *p)
{
	char *text = xasprintf("WF_%s_%.*s=%s", kind, SPAN_ARG(p->name),
	    p->value.path.n ? buf_str(&p->value.path) : buf_str(&p->value.text));

	for (char *c = text; *c != '='; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
			(*c >= '0' && *c <= '9')))
			*c = '_';
	return text;
}

static char **
environment(const struct turn *t)
{
	const struct work *w = &t->work;
	size_t n = 0, more = 0;
	char **env;

	while (t->run->env && t->run->env[more])
		more++;
	env = xcalloc(w->ninputs + w->noutputs + more + 8, sizeof(*env));
	env[n++] = xasprintf("WF_WORKFLOW=%.*s", SPAN_ARG(t->wf.name));
	env[n++] = xasprintf("WF_STEP=%.*s", SPAN_ARG(t->wf.step[0].name));
	env[n++] = xasprintf("WF_EXECUTION=%s", t->run->site.execution);
	env[n++] = xasprintf("WF_OBS_ROOT=%s", t->run->site.obs_root);
	if (t->run->shard)
		env[n++] = xasprintf("DS_SHARD=%s", t->run->shard);
	for (size_t i = 0; i < w->ninputs; i++)
		env[n++] = port_variable("INPUT", &w->input[i]);
	for (size_t i = 0; i < w->noutputs; i++)
		env[n++] = port_variable("OUTPUT", &w->output[i]);
	for (size_t i = 0; i < more; i++)
		env[n++] = xstrdup(t->run->env[i]);
	return env;
}

/* Who runs, for the one who may have to end it. */
static void
note_group(void *ctx, long group)
{
	struct turn *t = ctx;
	char host[256] = "";
	struct buf text = BUF_INIT;

	gethostname(host, sizeof(host) - 1);
	buf_addf(&text, "%ld %s\n", group, host);
	if (ftruncate(t->lock, 0) != 0 || pwrite(t->lock, text.p, text.n, 0) < 0)
		warning_at(POS_NONE, NULL, "cannot note the process of the step");
	buf_release(&text);
}

static void
explain_end(struct turn *t, double limit)
{
	if (t->reason.n)
		buf_adds(&t->reason, "; ");
	if (t->end.timed_out)
		buf_addf(&t->reason, "it took longer than %g minutes", limit / 60);
	else if (t->end.stopped_by)
		buf_addf(&t->reason, "it was stopped by signal %d", t->end.stopped_by);
	else if (t->end.signal)
		buf_addf(&t->reason, "it was killed by signal %d", t->end.signal);
	else
		buf_addf(&t->reason, "exit status %d", t->end.code);
	buf_addf(&t->reason, "; see %s", t->work.log);
}

/* A ds- program that left something out says so with 1, and its output is whole. */
static bool
ended_well(struct turn *t)
{
	if (t->end.signal || t->end.timed_out || t->end.stopped_by)
		return false;
	if (t->end.code == 1 && t->work.may_leave_out) {
		buf_addf(&t->reason, "%ssomething was left out; see %s", t->reason.n ? "; " : "",
		    t->work.log);
		t->end.code = 0;
	}
	return t->end.code == 0;
}

/* Where the output is written until it is whole: one name a step, so that nothing is left over. */
static char *
output_beside(const struct turn *t)
{
	const char *path = buf_str(&t->work.output_file), *base = path_base(path);

	return xasprintf("%.*s.%s.%s.tmp", (int)(base - path), path, base, t->run->stamp);
}

static int
run_command(struct turn *t)
{
	struct work *w = &t->work;
	char **env = environment(t);
	double limit = time_limit(t);
	struct process p = {
		.argv = (const char *const *)w->args,
		.env = (const char *const *)env,
		.cwd = w->cwd.n ? buf_str(&w->cwd) : NULL,
		.log = w->log,
		.output = NULL,
		.limit = limit,
		.started = note_group,
		.ctx = t,
	};
	char *tmp = w->output_file.n ? output_beside(t) : NULL;
	bool fine;

	p.output = tmp;
	if (!process_run(&p, &t->end))
		return STATUS_TROUBLE;
	fine = ended_well(t);
	if (tmp && fine && rename(tmp, buf_str(&w->output_file)) != 0)
		die("cannot write %s:", buf_str(&w->output_file));
	if (tmp)
		unlink(tmp);
	free(tmp);
	for (char **e = env; *e; e++)
		free(*e);
	free(env);
	if (!fine)
		explain_end(t, limit);
	return turn_end(t, fine                ? "completed"
			   : t->end.timed_out  ? "timeout"
			   : t->end.stopped_by ? "stopped"
					       : "failed");
}

static int
run_condition(struct turn *t)
{
	if (t->wf.step[0].conditions)
		t->verdict = decide_conditions(t, t->wf.step[0].conditions);
	else
		buf_adds(&t->reason, "the step has no conditions");
	if (t->verdict == VERDICT_UNKNOWN) {
		if (!t->reason.n)
			buf_adds(&t->reason, "its conditions could not be decided");
		return turn_end(t, "failed");
	}
	t->decided = true;
	return turn_end(t, "completed");
}

/* What a program that was killed had not finished is not part of the outputs. */
static void
sweep_outputs(const struct turn *t)
{
	for (size_t i = 0; t->killed > 0 && i < t->work.noutputs; i++)
		if (t->work.output[i].value.path.n)
			tmpfiles_sweep(buf_str(&t->work.output[i].value.path), t->killed);
}

static int
run_step(struct turn *t)
{
	enum work_kind kind = WORK_FAILED;

	if (t->wf.step[0].type == WF_CONDITION)
		return run_condition(t);
	if (work_ports(&t->work)) {
		sweep_outputs(t);
		kind = work_prepare(&t->work);
	}
	buf_addspan(&t->reason, buf_span(&t->work.note));
	if (kind == WORK_COMMAND)
		return run_command(t);
	if (kind == WORK_FAILED)
		buf_adds(&t->reason, "it could not be started");
	return turn_end(t, kind == WORK_DONE ? "completed" : "failed");
}

/* ---- the frame ---- */

/* Is the file that is open still the one of that name? */
static bool
is_same_file(int fd, const char *path)
{
	struct stat open, named;

	return fstat(fd, &open) == 0 && stat(path, &named) == 0 && open.st_ino == named.st_ino &&
	       open.st_dev == named.st_dev;
}

/*
 * Open and lock running/STEP; -1: another one has it. Who only looks whether it is locked has it
 * for a moment as well, so one refusal is none; and one who ends renames the file while we open it.
 */
static int
lock_file(const char *path)
{
	for (int i = 0; i < 20; i++) {
		int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

		if (fd < 0)
			die("cannot open %s:", path);
		if (flock(fd, LOCK_EX | LOCK_NB) != 0)
			usleep(5000);
		else if (is_same_file(fd, path))
			return fd;
		close(fd);
	}
	return -1;
}

/* Take the lock on running/STEP, and end what an earlier run that was killed left behind. */
static bool
turn_lock(struct turn *t)
{
	struct buf path = BUF_INIT;
	char text[64] = "";
	bool fine = false;

	run_path(&path, t->run->site.run, "running", t->run->stamp);
	t->lock = lock_file(buf_str(&path));
	if (t->lock < 0)
		trouble("the step '%s' is running already", t->run->stamp);
	else if (pread(t->lock, text, sizeof(text) - 1, 0) > 0)
		fine = process_end_stray(t->work.log, t->killed = strtol(text, NULL, 10));
	else
		fine = true;
	buf_release(&path);
	return fine;
}

/* The mark goes before the lock does. */
static void
turn_unlock(struct turn *t)
{
	struct buf path = BUF_INIT;

	run_path(&path, t->run->site.run, "running", t->run->stamp);
	if (!t->stamped)
		unlink(buf_str(&path));
	close(t->lock);
	buf_release(&path);
}

static int
take_turn(struct turn *t)
{
	struct decide_env env = { t, state_of, verdict_of, skip_if };
	struct decision d = step_decide(&t->wf, &t->branches, 0, &env);

	if (d.action == STEP_RUN)
		return run_step(t);
	decision_reason(&t->reason, &t->wf, &t->branches, 0, d);
	if (d.action == STEP_SKIP)
		return turn_end(t, "skipped");
	/* A step before it that left no stamp was killed: it keeps this one back as a failure does. */
	return turn_end(
	    t, d.action == STEP_BLOCK || d.reason == REASON_STATE ? "blocked" : "failed");
}

/* The stamps of all shards make the one of the step. */
static int
join_shards(struct turn *t)
{
	enum step_state all = STEP_COMPLETED;
	struct stamp s;

	for (uint64_t i = 1; i <= t->run->join; i++) {
		char *name = xasprintf("%s.%" PRIu64 "-of-%" PRIu64, t->run->name, i, t->run->join);

		stamp_read(&s, t->run->site.run, name);
		if (s.state != STEP_COMPLETED && s.state != STEP_SKIPPED) {
			buf_addf(&t->reason, "shard %" PRIu64 " of %" PRIu64 " has not completed",
			    i, t->run->join);
			all = STEP_FAILED;
		} else if (s.state == STEP_SKIPPED) {
			all = STEP_SKIPPED;
		}
		stamp_release(&s);
		free(name);
		if (all == STEP_FAILED)
			break;
	}
	if (all == STEP_SKIPPED)
		return take_turn(t); /* it says why */
	if (all == STEP_COMPLETED && !work_ports(&t->work))
		all = STEP_FAILED;
	return turn_end(t, step_state_name(all));
}

static bool
turn_load(struct turn *t)
{
	struct buf path = BUF_INIT;
	bool fine;

	run_path(&path, t->run->site.run, "plan", t->run->name);
	fine = access(buf_str(&path), F_OK) == 0;
	if (!fine)
		trouble("there is no step '%s' in the run %s", t->run->name, t->run->site.run);
	fine = fine && wf_load_file(&t->wf, buf_str(&path));
	if (fine && t->wf.nsteps == 0) {
		trouble("%s holds no step", buf_str(&path));
		fine = false;
	}
	/* the name of the file is in messages of the document */
	if (fine)
		t->wf.file = buf_detach(&path);
	buf_release(&path);
	return fine;
}

int
step_run(const struct steprun *run)
{
	struct turn t = { .run = run, .verdict = VERDICT_UNKNOWN };
	struct buf log = BUF_INIT;
	int status = STATUS_TROUBLE;

	clock_gettime(CLOCK_REALTIME, &t.start);
	if (!turn_load(&t))
		return STATUS_TROUBLE;
	branches_init(&t.branches, &t.wf);
	run_path(&log, run->site.run, "log", run->stamp);
	t.work = (struct work){
		.wf = &t.wf, .site = &run->site, .log = buf_str(&log), .shard = run->shard
	};
	if (turn_lock(&t)) {
		stamp_clear(run->site.run, run->stamp);
		unlink(buf_str(&log));
		status = run->join ? join_shards(&t) : take_turn(&t);
		turn_unlock(&t);
	}
	cond_free(t.cond);
	work_release(&t.work);
	branches_release(&t.branches);
	buf_release(&t.reason);
	buf_release(&log);
	free((char *)(uintptr_t)t.wf.file);
	wf_release(&t.wf);
	return status;
}
