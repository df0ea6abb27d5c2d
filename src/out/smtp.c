/* A message handed to an SMTP server through libcurl. Bounded in time, never redirected, no proxy of the environment,
 * and the address a name resolved to is looked at before the connection is made: a configuration mistake or a changed
 * DNS entry must not turn the server into a client of its own neighbours. What an error tells never holds an address.
 */
#include "out/mail.h"
#include "out/mime.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECT_TIMEOUT_MSEC 10000
#define TOTAL_TIMEOUT_MSEC 20000

/* --- Which addresses are somebody else's ----------------------------------------------------------------------------
 */

struct range4 {
    uint32_t net;
    int bits;
};

/* IANA's special-purpose registry (RFC 6890 and what came after), multicast and the reserved rest. */
static const struct range4 ranges4[] = {
    {0x00000000, 8},  {0x0a000000, 8},  {0x64400000, 10}, {0x7f000000, 8},  {0xa9fe0000, 16},
    {0xac100000, 12}, {0xc0000000, 24}, {0xc0000200, 24}, {0xc0586300, 24}, {0xc0a80000, 16},
    {0xc6120000, 15}, {0xc6336400, 24}, {0xcb007100, 24}, {0xe0000000, 4},  {0xf0000000, 4},
};

static bool public4(uint32_t address)
{
    for (size_t i = 0; i < sizeof(ranges4) / sizeof(ranges4[0]); i++)
        if ((address ^ ranges4[i].net) >> (32 - ranges4[i].bits) == 0)
            return false;
    return true;
}

static uint32_t word_of(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Only 2000::/3 is handed out. In it and beside it, addresses that carry an IPv4 one are judged by that. */
static bool public6(const uint8_t *bytes)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}, nat64[12] = {0x00, 0x64, 0xff, 0x9b};

    if (memcmp(bytes, mapped, 12) == 0 || memcmp(bytes, nat64, 12) == 0)
        return public4(word_of(bytes + 12));
    if (bytes[0] == 0x20 && bytes[1] == 0x02) /* 6to4 */
        return public4(word_of(bytes + 2));
    if (bytes[0] == 0x20 && bytes[1] == 0x01) {
        if (bytes[2] < 0x02) /* 2001::/23: protocol assignments, Teredo */
            return false;
        if (bytes[2] == 0x0d && bytes[3] == 0xb8) /* documentation */
            return false;
    }
    if (bytes[0] == 0x3f && bytes[1] == 0xff && (bytes[2] & 0xf0) == 0) /* 3fff::/20: documentation */
        return false;
    return (bytes[0] & 0xe0) == 0x20;
}

bool mail_server_public(const struct sockaddr *address)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    switch (address->sa_family) {
    case AF_INET:
        memcpy(&v4, address, sizeof(v4));
        return public4(ntohl(v4.sin_addr.s_addr));
    case AF_INET6:
        memcpy(&v6, address, sizeof(v6));
        return public6(v6.sin6_addr.s6_addr);
    default:
        return false;
    }
}

/* --- One delivery --------------------------------------------------------------------------------------------------
 */

struct delivery {
    const char *bytes;
    size_t count, done;
    bool allow_private, refused_private;
};

static size_t give_bytes(char *into, size_t size, size_t count, void *arg)
{
    struct delivery *delivery = arg;
    size_t room = size * count, left = delivery->count - delivery->done, part = left < room ? left : room;

    memcpy(into, delivery->bytes + delivery->done, part);
    delivery->done += part;
    return part;
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct delivery *delivery = arg;

    if (!delivery->allow_private && !mail_server_public(&address->addr)) {
        delivery->refused_private = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* With a password the connection must be encrypted, unless the server is a neighbour by configuration. */
static long encryption(const struct mailer_settings *settings)
{
    if (strncasecmp(settings->url, "smtps:", 6) == 0)
        return CURLUSESSL_ALL;
    return settings->password != NULL && !settings->allow_private ? CURLUSESSL_ALL : CURLUSESSL_TRY;
}

static CURLcode configure(CURL *curl, const struct mailer_settings *settings, const char *from,
                          const struct curl_slist *to, struct delivery *delivery)
{
    long connect_msec = settings->connect_timeout_msec > 0 ? settings->connect_timeout_msec : CONNECT_TIMEOUT_MSEC;
    long total_msec = settings->total_timeout_msec > 0 ? settings->total_timeout_msec : TOTAL_TIMEOUT_MSEC;
    CURLcode code = curl_easy_setopt(curl, CURLOPT_URL, settings->url);

#define SET(option, value) code = code == CURLE_OK ? curl_easy_setopt(curl, option, value) : code
    SET(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, connect_msec);
    SET(CURLOPT_TIMEOUT_MS, total_msec);
    SET(CURLOPT_SERVER_RESPONSE_TIMEOUT, (total_msec + 999) / 1000);
    SET(CURLOPT_USE_SSL, encryption(settings));
    SET(CURLOPT_MAIL_FROM, from);
    SET(CURLOPT_MAIL_RCPT, to);
    SET(CURLOPT_UPLOAD, 1L);
    SET(CURLOPT_READFUNCTION, give_bytes);
    SET(CURLOPT_READDATA, delivery);
    SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)delivery->count);
    SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(CURLOPT_OPENSOCKETDATA, delivery);
    if (settings->user != NULL && settings->password != NULL) {
        SET(CURLOPT_USERNAME, settings->user);
        SET(CURLOPT_PASSWORD, settings->password);
    }
#undef SET
    return code;
}

/* What came of it. curl's own words for a code hold no address; the server's answer might, so only its number is told.
 */
static int judge(CURL *curl, CURLcode code, const struct delivery *delivery, struct err *err)
{
    long answer = 0;

    if (code == CURLE_OK)
        return 0;
    if (code == CURLE_OUT_OF_MEMORY)
        return err_memory(err);
    if (delivery->refused_private) {
        err_set(err, ERR_UNAVAILABLE, "mail_unreachable", NULL);
        return err_detail(err, "the server's address is private and not allowed");
    }
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer);
    if (answer >= 400 && answer <= 599) {
        err_set(err, ERR_UNAVAILABLE, "mail_refused", NULL);
        return err_detail(err, "the server answered %ld (%s)", answer, curl_easy_strerror(code));
    }
    err_set(err, ERR_UNAVAILABLE, "mail_unreachable", NULL);
    return err_detail(err, "%s", curl_easy_strerror(code));
}

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;
static CURLcode curl_state;

static void curl_begin(void)
{
    curl_state = curl_global_init(CURL_GLOBAL_DEFAULT);
}

void *mail_curl(void)
{
    pthread_once(&curl_once, curl_begin);
    return curl_state == CURLE_OK ? curl_easy_init() : NULL;
}

int mail_send(const struct mailer_settings *settings, const struct mail_message *message, const char *formatted,
              size_t formatted_len, struct err *err)
{
    struct delivery delivery = {.bytes = formatted, .count = formatted_len, .allow_private = settings->allow_private};
    char from[300], to[300];
    struct curl_slist *recipients;
    CURL *curl;
    CURLcode code;
    int r;

    if (!mail_address_right(message->to) || !mail_address_right(settings->from))
        return err_set(err, ERR_BAD_INPUT, "mail_address", NULL);
    snprintf(from, sizeof(from), "<%s>", settings->from);
    snprintf(to, sizeof(to), "<%s>", message->to);
    curl = mail_curl();
    recipients = curl_slist_append(NULL, to);
    if (curl == NULL || recipients == NULL) {
        r = err_memory(err);
    } else {
        code = configure(curl, settings, from, recipients, &delivery);
        if (code == CURLE_OK)
            code = curl_easy_perform(curl);
        r = judge(curl, code, &delivery, err);
    }
    curl_slist_free_all(recipients);
    curl_easy_cleanup(curl);
    return r;
}
