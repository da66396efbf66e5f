#include "wire/json/plain.h"
#include <string.h>
#include "base/limits.h"
#include "wire/bytes.h"
#include "wire/json/scan.h"
#include "wire/json/utf8.h"

#define MOST_LEVELS 32
#define MOST_NAMES 64           /* of all objects that are open: each new one is compared with them */

struct plain {
	struct mp_scan scan;
	struct level {
		size_t first;           /* of names, for an object */
		bool is_object;
	} open[MOST_LEVELS];
	struct mp_span names[MOST_NAMES];
	size_t depth, name_count;
	struct mp_plain_member *members, *last;
	struct mp_plain_member *at_hand[3];     /* by depth: whose value is being read, or NULL */
};

/* spec: RFC 7493 2.3 */
static bool add_name(struct plain *p, struct mp_span name)
{
	for (size_t i = p->open[p->depth - 1].first; i < p->name_count; i++)
		if (p->names[i].len == name.len && memcmp(p->names[i].data, name.data, name.len) == 0)
			return false;
	if (p->name_count == MOST_NAMES)
		return false;
	p->names[p->name_count++] = name;
	return true;
}

/* Whether the name is one that is looked for.  False: it is one to some readers only, or may be:
 * there are letters beyond ASCII that fold to one of it. */
static bool note_name(struct plain *p, struct mp_span name)
{
	const struct mp_plain_member *within = p->depth == 2 ? p->at_hand[1] : NULL;

	if (p->depth > 2 || (p->depth == 2 && within == NULL))
		return true;
	for (struct mp_plain_member *m = p->members; m < p->last; m++)
		if (m->within == within && name.len > 0 && (name.data[0] | 0x20) == m->name[0]
		    && mp_span_is_nocase(name, m->name)) {
			p->at_hand[p->depth] = m;
			return strncmp(name.data, m->name, name.len) == 0;
		}
	return mp_bytes_ascii(name.data, name.len) == name.len;
}

static void note_begin(struct plain *p)
{
	if (p->depth <= 2 && p->at_hand[p->depth] != NULL)
		p->at_hand[p->depth]->value.data = p->scan.at;
}

static void note_end(struct plain *p)
{
	struct mp_plain_member *m = p->depth <= 2 ? p->at_hand[p->depth] : NULL;

	if (m == NULL)
		return;
	m->value.len = (size_t)(p->scan.at - m->value.data);
	p->at_hand[p->depth] = NULL;
}

static bool take_name(struct plain *p)
{
	struct mp_scan *scan = &p->scan;
	struct mp_span name;

	mp_scan_skip_space(scan);
	if (!mp_scan_take(scan, '"'))
		return false;
	name.data = scan->at;
	name.len = mp_bytes_plain(scan->at, (size_t)(scan->end - scan->at));
	scan->at += name.len;
	if (!mp_scan_take(scan, '"') || !add_name(p, name))
		return false;
	mp_scan_skip_space(scan);
	return mp_scan_take(scan, ':') && note_name(p, name);
}

static bool begin_item(struct plain *p)
{
	return !p->open[p->depth - 1].is_object || take_name(p);
}

static bool take_end(struct plain *p)
{
	const struct level *level = &p->open[p->depth - 1];

	mp_scan_skip_space(&p->scan);
	if (!mp_scan_take(&p->scan, level->is_object ? '}' : ']'))
		return false;
	p->name_count = level->first;
	p->depth--;
	return true;
}

/* Behind a value: the next one's front, or the end of what is open. */
static bool next_item(struct plain *p)
{
	note_end(p);
	while (p->depth > 0) {
		mp_scan_skip_space(&p->scan);
		if (mp_scan_take(&p->scan, ','))
			return begin_item(p);
		if (!take_end(p))
			return false;
		note_end(p);
	}
	return true;
}

static bool take_value(struct plain *p)
{
	struct mp_scan *scan = &p->scan;
	bool is_object;

	if (++scan->values > MP_MAX_JSON_VALUES)
		return false;
	mp_scan_skip_space(scan);
	note_begin(p);
	is_object = mp_scan_take(scan, '{');
	if (!is_object && !mp_scan_take(scan, '['))
		return !mp_scan_skip_scalar(scan) && next_item(p);
	if (p->depth == MOST_LEVELS)
		return false;
	p->open[p->depth++] = (struct level){ p->name_count, is_object };
	return take_end(p) ? next_item(p) : begin_item(p);
}

bool mp_json_plain(struct mp_span text, struct mp_plain_member *members, size_t count)
{
	struct plain p;         /* what is not set here is set before it is read */
	bool good;

	p.scan = (struct mp_scan){ .begin = text.data, .at = text.data, .end = text.data + text.len };
	p.depth = p.name_count = 0;
	p.members = members;
	p.last = members + count;
	p.at_hand[0] = p.at_hand[1] = p.at_hand[2] = NULL;
	do
		good = take_value(&p);
	while (good && p.depth > 0);
	mp_scan_skip_space(&p.scan);
	return good && p.scan.at == p.scan.end && mp_utf8_valid(text.data, text.len);
}
