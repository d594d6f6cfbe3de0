"""A walk past every page that a person can see, for checks that are the same for all of them and for their pictures.

    for name, page in PAGES.items():
        page(person)        # person.browser then shows it

A page wants a person of its own, at a dev server whose clock may be moved.
"""

from lib.client import new_phone, wrong

PAGES = {}


def page(function):
    PAGES[function.__name__.replace("_", "-")] = function
    return function


@page
def signin(person):
    person.browser.go(person.client_app.signin_url)


@page
def signin_wrong_contact(person):
    signin(person)
    person.say_who("ada at example.com")


@page
def check_mail(person):
    person.ask()


@page
def check_phone(person):
    person.ask(new_phone())


@page
def check_wrong_code(person):
    person.ask().type_code(wrong(person.message()["code"]))


@page
def check_three_wrong_codes(person):
    code = person.ask().message()["code"]
    for _ in range(3):
        person.type_code(wrong(code))


@page
def check_approved(person):
    asking = person.ask().browser
    approve_by(person, person.number())
    person.browser = asking
    asking.reload()


@page
def link(person):
    person.ask().open_link()


@page
def link_of_the_app(person):
    person.client_app.ask_link(person.client, person.contact)
    person.open_link()


@page
def approve(person):
    person.ask()
    take_other_device(person)


@page
def approve_no_number(person):
    approve(person)
    person.type_code("seven", unchecked=True)


@page
def approved(person):
    approve_by(person.ask(), person.number())


@page
def denied(person):
    approve(person)
    person.browser.press(*NOT_ME)


@page
def failed_number(person):
    approve_by(person.ask(), wrong(person.number()))


@page
def code_to_type(person):
    person.client_app.app.set("require_pkce", "off")
    person.client_app.ask_link(person.client, person.contact, code_challenge=None, redirect_uri=None)
    person.open_link()


@page
def code_without_a_place_to_go(person):
    app = person.client_app.server.create_app("Television")
    person.browser.go(f"{person.client_app.server.url}/signin?app_id={app.app_id}")
    person.say_who(person.contact)
    person.type_code(person.message()["code"])


@page
def failed_used(person):
    person.ask()
    link = person.message()["link"]
    person.open_link(link)
    person.browser.press()
    person.is_back()
    person.browser.go(link)


@page
def failed_expired(person):
    person.ask()
    link = person.message()["link"]
    person.client_app.server.shift_clock(15 * 60 + 1)
    person.open_link(link)


@page
def failed_not_found(person):
    person.browser.go(person.client_app.server.url + "/l/" + "A" * 43)


@page
def failed_too_many_links(person):
    for _ in range(6):
        person.ask()


@page
def failed_locked(person):
    message = person.ask().message()
    for _ in range(10):
        person.client.post("/v1/auth/exchange", {"code": "kwx_wrong"})
    person.type_code(message["code"])
    person.client_app.server.shift_clock(3601)


@page
def failed_request(person):
    person.browser.go(f"{person.client_app.server.url}/signin?app_id={person.client_app.app.app_id}&redirect_uri=https://evil.example/")


NOT_ME = ("not me", "wasn't me", "wasn’t me", "did not", "didn’t", "war ich nicht")


def take_other_device(person):
    """The link is opened in a browser that did not ask; from here on it is the person's."""
    person.browser = person.other_device(**person.browser.traits)
    person.open_link()


def approve_by(person, number):
    take_other_device(person)
    person.type_code(number)
