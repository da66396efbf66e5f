/* A request that wants an answer: it waits for its turn, an exchange carries it, or it is held. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "mcp/methods.h"
#include "session/session.h"
#include "wire/json/peek.h"
#include "wire/json/writer.h"

static void free_call(struct mp_call *call)
{
	mp_message_free(&call->message);
	free(call->text);
	free(call->target);
	free(call->sent_id);
	free(call->error);
	free(call);
}

/* --- those that wait for their turn, in the order in which they were asked for --- */

static void wait_for_turn(struct mcpass_session *s, struct mp_call *call)
{
	struct mp_call **slot = &s->waiting;

	call->state = MP_CALL_WAITING;
	if (s->waiting != NULL && s->last_waiting->entry.number <= call->entry.number)
		slot = &s->last_waiting->waits_next;
	while (*slot != NULL && (*slot)->entry.number <= call->entry.number)
		slot = &(*slot)->waits_next;
	call->waits_next = *slot;
	*slot = call;
	if (call->waits_next == NULL)
		s->last_waiting = call;
}

static void leave_queue(struct mcpass_session *s, struct mp_call *call)
{
	struct mp_call **slot = &s->waiting, *before = NULL;

	for (; *slot != call; slot = &before->waits_next)
		before = *slot;
	*slot = call->waits_next;
	if (s->last_waiting == call)
		s->last_waiting = before;
}

/* Neither waits nor is carried by an exchange any more; that goes on without it. */
static void detach(struct mcpass_session *s, struct mp_call *call)
{
	if (call->state == MP_CALL_WAITING)
		leave_queue(s, call);
	if (call->state == MP_CALL_SENT)
		s->sent_count--;
	if (call->exchange != NULL)
		call->exchange->call = NULL;
	call->exchange = NULL;
}

void mp_call_requeue(struct mcpass_session *s, struct mp_call *call)
{
	detach(s, call);
	wait_for_turn(s, call);
}

void mp_call_hold(struct mcpass_session *s, struct mp_call *call)
{
	detach(s, call);
	call->state = MP_CALL_HELD;
}

void mp_call_sent(struct mcpass_session *s, struct mp_exchange *e)
{
	detach(s, e->call);
	e->call->state = MP_CALL_SENT;
	e->call->exchange = e;
	s->sent_count++;
}

/* --- the id that it is sent with --- */

struct mp_call *mp_call_by_key(const struct mcpass_session *s, struct mp_span key)
{
	const struct mp_entry *entry = mp_table_find(&s->id_table, mp_message_hash(key));

	for (; entry != NULL; entry = mp_table_again(entry)) {
		struct mp_call *call = entry->item;

		if (mp_message_same_key(call->sent_key, key))
			return call;
	}
	return NULL;
}

static void forget_id(struct mcpass_session *s, struct mp_call *call)
{
	if (call->by_id.item != NULL)
		mp_table_remove(&s->id_table, &call->by_id);
	call->by_id.item = NULL;
}

void mp_call_take_key(struct mcpass_session *s, struct mp_call *call, struct mp_span key)
{
	forget_id(s, call);
	call->sent_key = key;
	call->by_id = (struct mp_entry){ .item = call, .number = mp_message_hash(key) };
	mp_table_add(&s->id_table, &call->by_id);
}

/* Another program's request keeps its id, unless it was used already: that is sent again
 * after the server took it.  Ids of our own are no ids of such a program.
 * spec: MCP basic, "Requests": never an id that was used before */
enum mcpass_rc mp_call_number(struct mcpass_session *s, struct mp_call *call,
    struct mcpass_error *err)
{
	bool again = call->reissued > 0 || call->relisted || call->version_retried;
	bool keeps = call->whole ? !again : call->kind == MP_CALL_INITIALIZE && s->hello != NULL;
	struct mp_span key;
	enum mcpass_rc rc;
	char room[32];

	mp_call_take_key(s, call, call->message.key);
	free(call->sent_id);
	call->sent_id = NULL;
	if (keeps)
		return MCPASS_OK;
	(void)snprintf(room, sizeof(room), s->hello != NULL ? "\"mcpass-%u\"" : "%u", ++s->id_number);
	rc = mp_set(&call->sent_id, room, err);
	if (rc)
		return rc;
	key = (struct mp_span){ call->sent_id, strlen(call->sent_id) };
	if (s->hello != NULL)
		key = (struct mp_span){ key.data + 1, key.len - 2 };
	mp_call_take_key(s, call, key);
	return MCPASS_OK;
}

/* --- all of them --- */

/* What else is needed of its parameters. */
static enum mcpass_rc read_params(struct mp_call *call, struct mcpass_error *err)
{
	const char *named_by = mp_headers_named_by(call->method);
	const char *names[] = { "_meta", named_by };
	struct mp_span values[MP_COUNT(names)] = { { NULL, 0 } };
	struct mp_buf target;
	enum mcpass_rc rc;

	if (call->message.params.data == NULL)
		return MCPASS_OK;
	rc = mp_json_peek(call->message.params, "the parameters", names, named_by != NULL ? 2 : 1,
	    values, err);
	if (!rc && values[0].data != NULL && values[0].data[0] != '{')
		rc = mp_fail(err, MCPASS_E_PROTOCOL, "MCP basic, _meta", "params._meta is not an object");
	call->meta = values[0];
	if (rc || values[1].len < 2 || values[1].data[0] != '"')
		return rc;
	mp_buf_init(&target, 3 * values[1].len);
	(void)mp_raw_text(&target, values[1]);
	return mp_buf_take(&target, "a name", &call->target, err);
}

/* What is wrong with it is the program's fault. */
static enum mcpass_rc read_request(struct mp_call *call, struct mcpass_error *err)
{
	struct mp_span text = { call->text, strlen(call->text) };
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = call->message.text.data != NULL ? MCPASS_OK
	    : mp_message_read(text, "the request", &call->message, &why);

	if (!rc && call->message.kind != MP_RPC_REQUEST)
		rc = mp_fail(&why, MCPASS_E_PROTOCOL, "JSON-RPC 2.0 4", "not a request");
	call->method = call->message.method;
	if (!rc)
		rc = read_params(call, &why);
	return mp_given_check(rc, &why, err);
}

static void add(struct mcpass_session *s, struct mp_call *call)
{
	call->entry = (struct mp_entry){ .item = call,
		.number = call->kind == MP_CALL_PROGRAM ? ++s->call_number : 0 };
	mp_table_add(&s->call_table, &call->entry);
	call->prev = s->last_call;
	*(s->calls == NULL ? &s->calls : &s->last_call->next) = call;
	s->last_call = call;
	s->call_count++;
	wait_for_turn(s, call);
}

enum mcpass_rc mp_call_new(struct mcpass_session *s, enum mp_call_kind kind, char *text,
    struct mp_message *message, struct mp_call **ret_call, struct mcpass_error *err)
{
	struct mp_call *call = calloc(1, sizeof(*call));
	enum mcpass_rc rc;

	if (call == NULL) {
		free(text);
		return mp_nomem(err);
	}
	call->kind = kind;
	call->text = text;
	if (message != NULL) {
		call->message = *message;
		*message = (struct mp_message){ 0 };
	}
	rc = read_request(call, err);
	if (!rc && kind == MP_CALL_PROGRAM && s->call_count >= MP_MAX_CALLS)
		rc = mp_fail(err, MCPASS_E_LIMIT, NULL, "more than %d requests at once", MP_MAX_CALLS);
	if (!rc && kind == MP_CALL_PROGRAM && s->era == MP_ERA_STATELESS
	    && strcmp(call->method, "tools/call") == 0)
		rc = mp_tools_check(s, call->target, err);
	if (rc) {
		free_call(call);
		return rc;
	}
	add(s, call);
	*ret_call = call;
	return MCPASS_OK;
}

enum mcpass_rc mp_call_ask(struct mcpass_session *s, enum mp_call_kind kind,
    const char *method, struct mp_span params, struct mp_call **ret_call,
    struct mcpass_error *err)
{
	struct mp_buf buf = MP_BUF(2 * (size_t)MP_MAX_MESSAGE);
	struct mp_writer w = { .buf = &buf };
	char *text = NULL;
	enum mcpass_rc rc;

	mp_writer_object(&w, NULL);
	mp_writer_text(&w, "jsonrpc", "2.0");
	mp_writer_int(&w, "id", 0);             /* another one when it is sent */
	mp_writer_text(&w, "method", method);
	mp_writer_raw(&w, "params", params);
	mp_writer_end(&w, '}');
	rc = mp_buf_take(&buf, "the request", &text, err);
	return rc ? rc : mp_call_new(s, kind, text, NULL, ret_call, err);
}

void mp_call_remove(struct mcpass_session *s, struct mp_call *call)
{
	detach(s, call);
	*(call->prev != NULL ? &call->prev->next : &s->calls) = call->next;
	*(call->next != NULL ? &call->next->prev : &s->last_call) = call->prev;
	mp_table_remove(&s->call_table, &call->entry);
	forget_id(s, call);
	s->call_count--;
	free_call(call);
}

struct mp_call *mp_call_by_number(const struct mcpass_session *s, unsigned number)
{
	const struct mp_entry *entry = number != 0 ? mp_table_find(&s->call_table, number) : NULL;

	return entry != NULL ? entry->item : NULL;
}

/* --- its answer --- */

/* text is the action's from now on. */
static enum mcpass_rc tell(struct mcpass_session *s, struct mp_call *call, char *text,
    bool error, struct mcpass_error *err)
{
	struct mp_action *action;
	enum mcpass_rc rc = mp_actions_add(s, MCPASS_SESSION_RESULT, &action, err);

	if (rc) {
		free(text);
		return rc;
	}
	mp_actions_body(s, action, text);
	action->public.call = call->entry.number;
	action->public.is_error = error ? 1 : 0;
	mp_call_remove(s, call);
	return MCPASS_OK;
}

/* A response of ours to the request, as its program knows it. */
static enum mcpass_rc write_response(const struct mp_call *call, struct mp_span json,
    bool error, char **ret_text, struct mcpass_error *err)
{
	struct mp_buf buf;
	struct mp_writer w = { .buf = &buf };

	mp_buf_init(&buf, json.len + call->message.id.len + 64);
	mp_writer_object(&w, NULL);
	mp_writer_text(&w, "jsonrpc", "2.0");
	mp_writer_raw(&w, "id", call->message.id);
	mp_writer_raw(&w, error ? "error" : "result", json);
	mp_writer_end(&w, '}');
	return mp_buf_take(&buf, "the answer", ret_text, err);
}

enum mcpass_rc mp_call_deliver(struct mcpass_session *s, struct mp_call *call,
    struct mp_span json, bool error, struct mcpass_error *err)
{
	char *text = NULL;
	enum mcpass_rc rc = mp_raw_line(json, &text, err);

	if (!rc && call->whole) {
		char *line = text;

		rc = write_response(call, (struct mp_span){ line, strlen(line) }, error, &text, err);
		free(line);
	}
	return rc ? rc : tell(s, call, text, error, err);
}

enum mcpass_rc mp_call_deliver_kept(struct mcpass_session *s, struct mp_call *call,
    struct mcpass_error *err)
{
	return mp_call_deliver(s, call, (struct mp_span){ call->error, strlen(call->error) }, true, err);
}

/* As its writer wrote it, but for the id, which is as the request's was. */
static enum mcpass_rc copy_response(const struct mp_call *call, const struct mp_message *message,
    char **ret_text, struct mcpass_error *err)
{
	struct mp_edit id = { message->id, call->message.id };
	struct mp_buf buf;

	mp_buf_init(&buf, message->text.len + id.to.len);
	mp_raw_edit(&buf, message->text, &id, 1);
	return mp_buf_take(&buf, "the answer", ret_text, err);
}

/* The body of an exchange that is nothing else need not be copied. */
static bool is_body(const struct mp_exchange *e, const struct mp_call *call,
    const struct mp_message *message)
{
	return message->text.data == e->text.data && message->text.len == e->text.len
	    && message->id.len == call->message.id.len
	    && memcmp(message->id.data, call->message.id.data, message->id.len) == 0;
}

enum mcpass_rc mp_call_forward(struct mcpass_session *s, struct mp_exchange *e,
    struct mp_call *call, const struct mp_message *message, struct mcpass_error *err)
{
	bool error = message->kind == MP_RPC_ERROR;
	char *text = NULL;
	enum mcpass_rc rc;

	if (!call->whole || message->mended != NULL || message->id.data == NULL)
		return mp_call_deliver(s, call, error ? message->error : message->result, error, err);
	rc = is_body(e, call, message) ? mp_buf_take(&e->text, "the answer", &text, err)
	    : copy_response(call, message, &text, err);
	if (rc)
		return rc;
	text[mp_raw_one_line(text, message->text.len - message->id.len + call->message.id.len)] = '\0';
	return tell(s, call, text, error, err);
}

bool mp_call_is_safe(const struct mp_call *call)
{
	return mp_methods_has(call->method, MP_METHOD_READS);
}

bool mp_call_may_last(const struct mp_call *call)
{
	return !mp_methods_has(call->method, MP_METHOD_QUICK);
}

/* initialize only reads, and yet each begins another session. */
bool mp_call_may_repeat(const struct mp_call *call)
{
	return mp_call_is_safe(call) && call->kind != MP_CALL_INITIALIZE;
}
