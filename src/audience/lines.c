/* Reading lines. Its speed is the speed of counting, so the usual line (ASCII, opaque) is passed over as few times as
 * can be: where the next byte that is not plain ASCII stands, and the next "@", is looked for in the whole window at
 * once, and a line before both of them needs no look of its own. */
#include "audience/lines.h"
#include "base/json.h"
#include "base/unicode.h"
#include "law/field.h"
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST ((size_t)1024)

const char *const line_warning_codes[LINE_WARNINGS] = {"identifier_like_email", "identifier_like_phone",
                                                       "identifier_like_iin"};

void lines_init(struct lines *lines, const struct visit_key *key, bool json)
{
    memset(lines, 0, offsetof(struct lines, carry));
    lines->key = *key;
    lines->json = json;
}

void lines_drop_hashes(struct lines *lines)
{
    if (lines->hashes != NULL)
        sodium_memzero(lines->hashes, lines->count * sizeof *lines->hashes);
    free(lines->hashes);
    lines->hashes = NULL;
    lines->count = lines->room = 0;
    sodium_memzero(&lines->key, sizeof lines->key);
    sodium_memzero(lines->carry, sizeof lines->carry);
}

void lines_done(struct lines *lines)
{
    lines_drop_hashes(lines);
    sodium_memzero(lines, sizeof *lines);
}

/* --- One identifier ----------------------------------------------------------------------------------------------- */

static void refuse(struct lines *lines, const char *code)
{
    if (lines->refused < LINES_TOLD) {
        lines->refusals[lines->refused].line = lines->lines;
        lines->refusals[lines->refused].code = code;
    }
    lines->refused++;
}

static void warn(struct lines *lines, enum line_warning warning)
{
    if (lines->warnings[warning].lines++ == 0)
        lines->warnings[warning].first_line = lines->lines;
}

static bool like_phone(const char *text, size_t count)
{
    size_t digits = 0;
    for (size_t i = 1; i < count; i++) {
        if (text[i] >= '0' && text[i] <= '9')
            digits++;
        else if (strchr(" -()", text[i]) == NULL || text[i] == '\0')
            return false;
    }
    return digits >= 7 && digits <= 15;
}

static bool like_iin(const char *text)
{
    char iin[13];
    memcpy(iin, text, 12);
    iin[12] = '\0';
    return strspn(iin, "0123456789") == 12 && iin_valid(iin);
}

/* `email`: there is an "@" in it. */
static void look_at(struct lines *lines, const char *text, size_t count, bool email)
{
    if (email && text[0] != '@' && text[count - 1] != '@')
        warn(lines, LINE_EMAIL);
    if (text[0] == '+' && like_phone(text, count))
        warn(lines, LINE_PHONE);
    if (count == 12 && text[0] <= '9' && like_iin(text))
        warn(lines, LINE_IIN);
}

static int grow(struct lines *lines, struct err *err)
{
    size_t room = lines->room == 0 ? ROOM_FIRST : lines->room * 2;
    if (room > LINES_MAX)
        room = LINES_MAX;
    if (lines->count >= room)
        return err_set(err, ERR_TOO_LARGE, "lines_too_many", "%zu", LINES_MAX);
    uint64_t *hashes = realloc(lines->hashes, room * sizeof *hashes);
    if (hashes == NULL)
        return err_memory(err);
    lines->hashes = hashes;
    lines->room = room;
    return 0;
}

static inline int enter(struct lines *lines, const char *text, size_t count, struct err *err)
{
    if (lines->count == lines->room) {
        int r = grow(lines, err);
        if (r < 0)
            return r;
    }
    uint64_t hash;
    crypto_shorthash((unsigned char *)&hash, (const unsigned char *)text, count, lines->key.bytes);
    lines->hashes[lines->count++] = hash;
    return 0;
}

/* --- Lines -------------------------------------------------------------------------------------------------------- */

/* "id" or {"user":"id"}. */
static int json_line(struct lines *lines, const char *text, size_t count, struct err *err)
{
    json_t *root CLEANUP_JSON = NULL;
    struct err told;
    if (!utf8_valid(text, count)) {
        refuse(lines, memchr(text, 0, count) != NULL ? "line_has_nul" : "line_not_utf8");
        return 0;
    }
    int r = json_parse(text, count, &root, &told);
    if (r == -ERR_MEMORY)
        return err_memory(err);
    if (r < 0) {
        refuse(lines, "line_not_json");
        return 0;
    }
    const json_t *user = json_is_object(root) ? json_object_get(root, "user") : root;
    if (json_is_object(root) && (user == NULL || json_object_size(root) != 1)) {
        refuse(lines, "line_member_unknown");
        return 0;
    }
    if (!json_is_string(user)) {
        refuse(lines, "line_not_json");
        return 0;
    }
    const char *id = json_string_value(user);
    size_t length = json_string_length(user);
    if (length == 0) {
        lines->empty++;
        return 0;
    }
    if (length > LINE_BYTES_MAX) {
        refuse(lines, "line_too_long");
        return 0;
    }
    look_at(lines, id, length, memchr(id, '@', length) != NULL);
    return enter(lines, id, length, err);
}

/* The usual forms, without escapes: *ret_id stands in the line. */
static bool json_plain(const char *text, size_t count, const char **ret_id, size_t *ret_count)
{
    static const char head[] = "{\"user\":\"";
    size_t before = 1, after = 1;
    if (count > sizeof head && memcmp(text, head, sizeof head - 1) == 0) {
        before = sizeof head - 1;
        after = 2;
    } else if (count < 3 || text[0] != '"') {
        return false;
    }
    if (count <= before + after || memcmp(text + count - after, "\"}", after) != 0)
        return false;
    for (size_t i = before; i < count - after; i++)
        if (text[i] == '"' || text[i] == '\\' || (unsigned char)text[i] < 0x20 || (unsigned char)text[i] >= 0x7F)
            return false;
    *ret_id = text + before;
    *ret_count = count - before - after;
    return true;
}

/* `odd`: it has a byte that is no plain ASCII; `email`: an "@". Without its LF. */
static inline int take(struct lines *lines, const char *text, size_t count, bool odd, bool email, struct err *err)
{
    lines->lines++;
    if (count > 0 && text[count - 1] == '\r')
        count--;
    if (count == 0) {
        lines->empty++;
        return 0;
    }
    if (count > (lines->json ? LINE_JSON_BYTES : LINE_BYTES_MAX)) {
        refuse(lines, "line_too_long");
        return 0;
    }
    if (lines->json) {
        const char *id;
        size_t length;
        if (odd || !json_plain(text, count, &id, &length) || length > LINE_BYTES_MAX)
            return json_line(lines, text, count, err);
        text = id;
        count = length;
    } else if (odd && !utf8_valid(text, count)) {
        refuse(lines, memchr(text, 0, count) != NULL ? "line_has_nul" : "line_not_utf8");
        return 0;
    }
    if (email || text[0] <= '9')
        look_at(lines, text, count, email);
    return enter(lines, text, count, err);
}

/* The first byte that is not ASCII, or is a NUL; `end` without any. */
static const char *find_odd(const char *at, const char *end)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
    uint64_t word;
    for (; end - at >= 8; at += 8) {
        memcpy(&word, at, 8);
        /* A top bit, or a borrow where a byte is zero. */
        if (((word | (word - ones)) & tops) != 0)
            break;
    }
    while (at < end && (signed char)*at > 0)
        at++;
    return at;
}

static const char *find_or_end(const char *at, const char *end, char what)
{
    const char *found = memchr(at, what, (size_t)(end - at));
    return found == NULL ? end : found;
}

/* Every one of them ended by its LF. */
static int whole_lines(struct lines *lines, const char *at, const char *end, struct err *err)
{
    const char *odd = find_odd(at, end), *email = find_or_end(at, end, '@');
    int r = 0;
    while (r == 0 && at < end) {
        const char *stop = find_or_end(at, end, '\n');
        r = take(lines, at, (size_t)(stop - at), odd < stop, email < stop, err);
        if (odd < stop)
            odd = find_odd(stop, end);
        if (email < stop)
            email = find_or_end(stop, end, '@');
        at = stop + 1;
    }
    return r;
}

static int one_line(struct lines *lines, const char *text, size_t count, struct err *err)
{
    return take(lines, text, count, find_odd(text, text + count) < text + count, memchr(text, '@', count) != NULL, err);
}

/* More of a line that is not over. */
static void carry(struct lines *lines, const char *bytes, size_t count)
{
    if (lines->skipping)
        return;
    if (lines->held + count > sizeof lines->carry) {
        lines->skipping = true;
        return;
    }
    memcpy(lines->carry + lines->held, bytes, count);
    lines->held += count;
}

static int end_carried(struct lines *lines, struct err *err)
{
    int r = 0;
    if (lines->skipping) {
        lines->lines++;
        refuse(lines, "line_too_long");
    } else {
        r = one_line(lines, lines->carry, lines->held, err);
    }
    lines->skipping = false;
    lines->held = 0;
    return r;
}

/* The mark is at most three bytes, and may come in pieces: until it is known, they wait as a line's beginning does. */
static void drop_mark(struct lines *lines, const char **at, const char *end)
{
    static const char mark[] = "\xEF\xBB\xBF";
    while (*at < end && lines->held < 3 && **at == mark[lines->held]) {
        lines->carry[lines->held++] = **at;
        ++*at;
    }
    if (lines->held == 3)
        lines->held = 0;
    else if (*at == end)
        return;
    lines->begun = true;
}

int lines_feed(struct lines *lines, const char *bytes, size_t count, struct err *err)
{
    const char *at = bytes, *end = bytes + count;
    int r = 0;
    if (count == 0)
        return 0;
    if (!lines->begun)
        drop_mark(lines, &at, end);
    if (at == end)
        return 0;
    if (lines->held > 0 || lines->skipping) {
        const char *stop = find_or_end(at, end, '\n');
        carry(lines, at, (size_t)(stop - at));
        if (stop == end)
            return 0;
        at = stop + 1;
        if ((r = end_carried(lines, err)) < 0)
            return r;
    }
    const char *last = at == end ? NULL : memrchr(at, '\n', (size_t)(end - at));
    if (last != NULL) {
        r = whole_lines(lines, at, last + 1, err);
        at = last + 1;
    }
    if (r == 0)
        carry(lines, at, (size_t)(end - at));
    return r;
}

int lines_end(struct lines *lines, struct err *err)
{
    if (lines->held > 0 || lines->skipping) {
        int r = end_carried(lines, err);
        if (r < 0)
            return r;
    }
    return lines->refused == 0 ? 0 : err_set(err, ERR_BAD_INPUT, "lines_refused", "%zu", lines->refused);
}
