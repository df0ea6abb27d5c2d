"""The mixed load: every procedure opened and taken through its usual course, as (opened with, by whom) and the acts that follow a state.

`{n}` becomes a number never used before, `{now}` the local minute, so that moments lie neither ahead nor before the receipt."""

REASONS = "Тексерілді, анықталды, негіздемесі құжатта көрсетілген."
URL = "https://alan.example.kz/p/{n}"

# procedure: (role of who opens, what is given, {state: (act, role, what is given)})
COURSES = {
    "complaint": ("moderator", {"about": "content", "link": URL, "text": "Менің суретім рұқсатсыз жарияланған, {n}."}, {
        "received": ("take", "moderator", {}),
        "in_review": ("answer", "moderator", {"decision": "upheld", "reasons": REASONS, "measures": ["removed"]})}),
    "false_information": ("moderator", {"link": URL, "text": "Мен туралы жалған ақпарат тараған, {n}."}, {
        "received": ("remove", "moderator", {"done": "Жазба өшірілді."})}),
    "appeal": ("moderator", {"against": "content", "text": "Шешіммен келіспеймін, қайта қараңыздар, {n}."}, {
        "received": ("decide", "moderator", {"outcome": "rejected", "reasons": REASONS})}),
    "moderation": ("moderator", {"content_url": URL, "content_type": "text", "measure": "removed", "ground": "law", "category": "fraud",
                                 "found_by": "automatic", "found_how": "Мәтін сүзгісі", "decided_by": "automatic", "reasons": REASONS}, {
        "in_force": ("reverse", "moderator", {"reversal_reasons": REASONS})}),
    "threat_to_life": ("moderator", {"link": URL, "text": "Өзіне қол жұмсау ниеті, {n}."}, {
        "found": ("inform", "moderator", {"informed_body": "Полиция департаменті", "informed_at": "{now}"})}),
    "request_received": ("moderator", {"request_number": "С-{n}", "request_date": "2026-01-15", "kind": "users_per_day",
                                       "period_from": "2026-01-01", "period_until": "2026-01-14",
                                       "text": "Тәулігіне пайдаланушылар саны"}, {
        "received": ("answer", "moderator", {"answer_text": "Есептеуіш деректері қоса беріледі."})}),
    "prescription_received": ("moderator", {"prescription_number": "Н-{n}", "prescription_date": "2026-01-15", "kind": "cyberbullying",
                                            "links": [URL], "text": "Балаға қатысты кибербуллинг."}, {
        "received": ("carry_out", "moderator", {"measures": ["cyberbullying_removed"], "done_at": "{now}", "proof": "Жазбалар өшірілді."})}),
    "recommendation_received": ("moderator", {"recommendation_number": "Ұ-{n}", "recommendation_date": "2026-01-15", "service_kind": "by_hand",
                                              "violations": "Белгісіз жарнама орналастырылған.", "what_to_do": "Белгілеу керек."}, {
        "received": ("carry_out", "moderator", {"done_at": "{today}", "proof": "Жарнама белгіленді."})}),
    "breach": ("moderator", {"what": "Пошта мекенжайлары ашылып қалған, {n}.", "data": ["contacts"]}, {
        "found": ("tell_users", "moderator", {"told": 120, "means": ["email"], "text": "Деректеріңіз ашылып қалды, құпиясөзді өзгертіңіз.",
                                              "told_at": "{now}"})}),
    "monitoring": ("official", {"platform": "https://alan.example.kz", "looked_at": "Жария жазбалар, {n}."}, {
        "open": ("no_violation", "official", {"findings": "Бұзушылық анықталған жоқ."})}),
    "preventive_control": ("official", {"subject_kind": "distributor", "subject_name": "Субъект {n}", "subject_is": "foreign",
                                        "subject_foreign_number": "F{n}", "violations": "Белгісіз онлайн-жарнама орналастырған.",
                                        "what_to_do": "Жарнаманы белгілеу керек."}, {
        "found": ("send", "official", {"sent_by": "by_hand"}),
        "sent": ("serve_by_hand", "official", {"mark_date": "{today}", "received_by": "Өкіл"}),
        "served": ("accept_done", "official", {"done_how": "Жарнама белгіленді."})}),
    "prescription": ("official", {"kind": "remove_content", "addressee": "Алаң", "platform": "https://alan.example.kz", "requirement": "Өшіру",
                                  "ground": "Құқыққа қайшы контент анықталды, дәлелі қоса берілген.", "what_to_do": "Сілтемелерді өшіру керек."}, {
        "drafted": ("sign", "head", {"prescription_number": "Н-{n}", "prescription_date": "{today}"}),
        "signed": ("send", "head", {"means": "Курьер", "delivered_at": "{now}"}),
        "sent": ("carried_out", "head", {"proof": "Контент өшірілген."})}),
    "inquiry": ("official", {"kind": "users_per_day", "addressee": "Алаң", "platform": "https://alan.example.kz", "text": "Пайдаланушылар саны, {n}."}, {
        "drafted": ("sign", "head", {}),
        "signed": ("deliver", "head", {"means": "Курьер", "delivered_at": "{now}"}),
        "delivered": ("answered", "official", {"answer": "Тәулігіне орта есеппен.", "users": 54321})}),
    "representative": ("registrar", {"platform": "https://p{n}.example.kz", "platform_name": "Платформа {n}", "owner": "Меншік иесі {n}",
                                     "country": "KZ", "representative": "Өкіл {n}", "address": "Астана қаласы, Мәңгілік Ел даңғылы, 1"}, {
        "entered": ("remove", "registrar", {"reasons": "Қызметін тоқтатты."})}),
    "restricted_resource": ("official", {"resource": "https://r{n}.example.kz", "restriction_ground": "unlawful_content", "prescription_number": "Н-{n}",
                                         "prescription_date": "2026-01-15", "restricted_on": "2026-01-16", "links": ["https://r{n}.example.kz/1"]}, {
        "restricted": ("annul", "head", {"reasons": "Қате енгізілген жазба, күші жойылды."})}),
    "restoration": ("official", {"applicant_kind": "owner", "resource": "https://r{n}.example.kz", "text": "Материалдар жойылды.",
                                 "contact_name": "Иесі {n}"}, {
        "received": ("register", "registrar", {}),
        "monitoring": ("confirm", "official", {"deleted_on": "{today}", "links": ["https://r{n}.example.kz/1"], "prescription_number": "Н-{n}",
                                               "prescription_date": "2026-01-15", "findings": "Материал жоқ."}),
        "confirmed": ("order", "head", {"carriers": ["state_technical_service", "kcell"]})}),
    "order_received": ("carrier", {"body": "Уәкілетті орган", "resource": "https://r{n}.example.kz", "order_number": "Т-{n}"}, {
        "received": ("restore", "carrier", {})}),
}
ROLES = sorted({role for opener, _, acts in COURSES.values() for role in [opener, *[act[1] for act in acts.values()]]})


def write(path, tokens):
    """The courses as lines for mixed.lua: what, procedure, state, path, token, body, parted by tabs."""
    import json
    with open(path, "w") as file:
        for procedure, (role, given, acts) in COURSES.items():
            body = json.dumps(given, ensure_ascii=False)
            file.write("\t".join(["open", procedure, "-", f"/v1/cases/{procedure}", tokens[role], body]) + "\n")
            for state, (act, by, values) in acts.items():
                body = json.dumps(values, ensure_ascii=False)
                file.write("\t".join(["act", procedure, state, f"/v1/cases/{{id}}/acts/{act}", tokens[by], body]) + "\n")
