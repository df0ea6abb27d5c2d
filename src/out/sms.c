/* A short message handed to a gateway through libcurl, as bounded and as suspicious as mail is (smtp.c). */
#include "out/sms.h"
#include "base/json.h"
#include "out/mail.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECT_TIMEOUT_MSEC 10000
#define TOTAL_TIMEOUT_MSEC 20000

struct attempt {
    bool allow_private, refused_private;
};

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct attempt *attempt = arg;

    if (!attempt->allow_private && !mail_server_public(&address->addr)) {
        attempt->refused_private = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* What the gateway says beside its number is nobody's business here. */
static size_t drop_bytes(char *bytes, size_t size, size_t count, void *arg)
{
    (void)bytes;
    (void)arg;
    return size * count;
}

static CURLcode configure(CURL *curl, const struct sms_settings *settings, const struct curl_slist *headers,
                          const char *body, struct attempt *attempt)
{
    long connect_msec = settings->connect_timeout_msec > 0 ? settings->connect_timeout_msec : CONNECT_TIMEOUT_MSEC;
    long total_msec = settings->total_timeout_msec > 0 ? settings->total_timeout_msec : TOTAL_TIMEOUT_MSEC;
    CURLcode code = curl_easy_setopt(curl, CURLOPT_URL, settings->url);

#define SET(option, value) code = code == CURLE_OK ? curl_easy_setopt(curl, option, value) : code
    SET(CURLOPT_PROTOCOLS_STR, settings->allow_private ? "http,https" : "https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, connect_msec);
    SET(CURLOPT_TIMEOUT_MS, total_msec);
    SET(CURLOPT_HTTPHEADER, headers);
    SET(CURLOPT_POST, 1L);
    SET(CURLOPT_POSTFIELDS, body);
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(body));
    SET(CURLOPT_WRITEFUNCTION, drop_bytes);
    SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(CURLOPT_OPENSOCKETDATA, attempt);
#undef SET
    return code;
}

static int judge(CURL *curl, CURLcode code, const struct attempt *attempt, struct err *err)
{
    long answer = 0;

    if (code == CURLE_OUT_OF_MEMORY)
        return err_memory(err);
    if (attempt->refused_private || code != CURLE_OK) {
        (void)!err_set(err, ERR_UNAVAILABLE, "sms_unreachable", NULL);
        return attempt->refused_private ? err_detail(err, "the gateway's address is private and not allowed")
                                        : err_detail(err, "%s", curl_easy_strerror(code));
    }
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer);
    if (answer >= 200 && answer <= 299)
        return 0;
    (void)!err_set(err, ERR_UNAVAILABLE, "sms_refused", NULL);
    return err_detail(err, "the gateway answered %ld", answer);
}

/* The headers of the request; *ret NULL when memory ends. */
static struct curl_slist *headers_make(const struct sms_settings *settings)
{
    char line[1024];
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json"), *more;

    if (headers == NULL || settings->secret == NULL)
        return headers;
    snprintf(line, sizeof(line), "Authorization: Bearer %s", settings->secret);
    more = curl_slist_append(headers, line);
    if (more == NULL)
        curl_slist_free_all(headers);
    return more;
}

int sms_send(const struct sms_settings *settings, const char *to, const char *text, struct err *err)
{
    struct attempt attempt = {.allow_private = settings->allow_private};
    json_t *members = json_pack("{s:s, s:s}", "to", to, "text", text);
    char *body = members != NULL ? json_dumps(members, JSON_COMPACT) : NULL;
    struct curl_slist *headers = headers_make(settings);
    CURL *curl = mail_curl();
    int r;

    json_decref(members);
    if (curl == NULL || headers == NULL || body == NULL) {
        r = err_memory(err);
    } else {
        CURLcode code = configure(curl, settings, headers, body, &attempt);

        if (code == CURLE_OK)
            code = curl_easy_perform(curl);
        r = judge(curl, code, &attempt, err);
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    free(body);
    return r;
}
