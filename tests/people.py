"""An operator of personal data for the tests of pages: registers, two people with a consent each, a gateway of messages."""
import http.server
import json
import threading

EMAIL, OTHER, STRANGER = "aigerim.cab@example.kz", "daulet.cab@example.kz", "nobody.cab@example.kz"
PHONE = "+77015551234"
IIN, OTHER_IIN, STRANGER_IIN = "900101300176", "900101300186", "900101300196"
TEXT = "Тапсырысымды жеткізу үшін атым мен поштамды өңдеуге келісемін."


def three(kk, ru, en):
    return {"kk": kk, "ru": ru, "en": en}


def fill(service):
    """An operator with a purpose, a recipient, a policy; two people with a consent each. Their leaves."""
    def put(path, body):
        answer = service.call("PUT", "/v1/processing/" + path, "admin responsible", json=body)
        assert answer.status_code in (200, 201), answer.text

    put("recipient/courier", {"title": three("«Жеткізу» ЖШС", "ТОО «Доставка»", "Delivery LLP"), "country": "KZ"})
    put("purpose/delivery", {"title": three("Тапсырысты жеткізу", "Доставка заказа", "Delivering an order"), "norm": "шарт",
                             "basis": "consent", "categories": ["name", "email"], "recipients": ["courier"]})
    put("policy/main", {"title": three("Дербес деректер саясаты", "Политика", "Policy"), "shown_at_registration": True,
                        "texts": three("Бірінші мәтін.", "Первый текст.", "The first text.")})
    put("responsible/responsible", {"name": "Сәуле Нұрланова", "post": "заңгер", "email": "dpo@alan.example.kz",
                                    "phone": "+77172000000", "address": "Астана, Мәңгілік Ел, 1"})
    leaves = []
    for person in ({"id": "kz-1", "email": EMAIL, "phone": PHONE, "iin": IIN, "full_name": "Айгерім Серікқызы"},
                   {"id": "kz-2", "email": OTHER, "iin": OTHER_IIN, "full_name": "Дәулет Асанов"}):
        answer = service.call("POST", "/v1/consents", "service", json={
            "person": person, "operator": {"name": "Алаң ЖШС", "bin": "990140004654"}, "purpose": "delivery",
            "categories": ["name", "email"], "third_persons": True, "cross_border": False, "publication": False,
            "automated": False, "recipients": ["courier"], "text": {"text": TEXT, "lang": "kk", "version": "3"},
            "way": "electronic"})
        assert answer.status_code == 201, answer.text
        leaves.append(answer.json()["consent"])
    return leaves


class Gateway:
    """Takes short messages over HTTP and keeps them."""

    def __init__(self):
        messages = self.messages = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                messages.append((self.headers["Authorization"], json.loads(body)))
                self.send_response(202)
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/send"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
