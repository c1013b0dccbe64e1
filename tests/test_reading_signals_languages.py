"""Phrases of other languages, the data files they stand in, and that no pattern can run away."""

import re

import pytest

from groundswell.models.reading.language import LANGUAGES, compile_language
from groundswell.models.reading.phrases import PhraseRule, Signal
from groundswell.models.reading.signals import agent_signals, user_signals

USER = {
    "es": {
        Signal.CORRECTION: "No, eso no es lo que pedí",
        Signal.ESCALATION: "Quiero hablar con una persona",
        Signal.DISSATISFACTION: "Esto es inaceptable, estoy muy enfadada",
        Signal.CONFUSION: "No entiendo lo que dice",
        Signal.GIVE_UP: "Olvídelo, buscaré en otro sitio",
        Signal.THANKS: "Muchas gracias por todo",
        Signal.FAREWELL: "Eso es todo, hasta luego",
    },
    "de": {
        Signal.CORRECTION: "Nein, das ist falsch, ich meinte Dienstag",
        Signal.ESCALATION: "Ich möchte mit einem Menschen sprechen",
        Signal.DISSATISFACTION: "Das ist eine Frechheit, ich bin sehr enttäuscht",
        Signal.CONFUSION: "Das verstehe ich nicht",
        Signal.GIVE_UP: "Vergessen Sie es, ich suche woanders",
        Signal.THANKS: "Vielen Dank für die Hilfe",
        Signal.FAREWELL: "Das war alles, tschüss",
    },
    "fr": {
        Signal.CORRECTION: "Non, ce n'est pas ce que j'ai demandé",
        Signal.ESCALATION: "Je veux parler à un conseiller",
        Signal.DISSATISFACTION: "C'est inadmissible, je suis très déçue",
        Signal.CONFUSION: "Je ne comprends pas du tout",
        Signal.GIVE_UP: "Tant pis, laissez tomber",
        Signal.THANKS: "Merci beaucoup pour votre aide",
        Signal.FAREWELL: "C'est tout pour moi, au revoir",
    },
    "pt": {
        Signal.CORRECTION: "Não, isso não é o que eu pedi",
        Signal.ESCALATION: "Quero falar com um atendente",
        Signal.DISSATISFACTION: "Isso é um absurdo, estou muito chateada",
        Signal.CONFUSION: "Eu não entendi nada",
        Signal.GIVE_UP: "Esquece, vou procurar em outro lugar",
        Signal.THANKS: "Muito obrigada pela ajuda",
        Signal.FAREWELL: "É só isso, tchau",
    },
}
AGENT = {
    "es": {
        Signal.REFUSAL: "Lamentablemente no es posible cambiar este billete.",
        Signal.APOLOGY: "Lo siento mucho, señor.",
        Signal.COMPLETION: "Su reserva ha sido cancelada.",
        Signal.HANDOFF: "Le transfiero con un agente humano.",
        Signal.HANDOFF_OFFER: "¿Desea que le pase con un agente?",
        Signal.ANYTHING_ELSE: "¿Hay algo más en lo que le pueda ayudar?",
    },
    "de": {
        Signal.REFUSAL: "Leider kann ich den Flug nicht ändern.",
        Signal.APOLOGY: "Das tut mir sehr leid.",
        Signal.COMPLETION: "Ihre Buchung wurde storniert.",
        Signal.HANDOFF: "Ich verbinde Sie jetzt mit einem Mitarbeiter.",
        Signal.HANDOFF_OFFER: "Möchten Sie, dass ich Sie mit einem Mitarbeiter verbinde?",
        Signal.ANYTHING_ELSE: "Kann ich sonst noch etwas für Sie tun?",
    },
    "fr": {
        Signal.REFUSAL: "Malheureusement, ce n'est pas possible.",
        Signal.APOLOGY: "Je suis désolé pour ce désagrément.",
        Signal.COMPLETION: "Votre réservation a été annulée.",
        Signal.HANDOFF: "Je vous transfère à un conseiller.",
        Signal.HANDOFF_OFFER: "Voulez-vous que je vous transfère à un conseiller ?",
        Signal.ANYTHING_ELSE: "Puis-je vous aider avec autre chose ?",
    },
    "pt": {
        Signal.REFUSAL: "Infelizmente não é possível alterar este voo.",
        Signal.APOLOGY: "Peço desculpas pelo transtorno.",
        Signal.COMPLETION: "A sua reserva foi cancelada.",
        Signal.HANDOFF: "Estou transferindo você para um atendente.",
        Signal.HANDOFF_OFFER: "Deseja que eu transfira para um atendente?",
        Signal.ANYTHING_ELSE: "Posso ajudar com mais alguma coisa?",
    },
}
PLAIN = {
    "es": "Quiero cambiar la fecha de mi vuelo a Lima",
    "de": "Ich möchte das Datum von meinem Flug ändern",
    "fr": "Je voudrais changer la date de mon vol pour Nice",
    "pt": "Quero mudar a data do meu voo para Recife",
}


def cases(table):
    return [(signal, text) for phrases in table.values() for signal, text in phrases.items()]


@pytest.mark.parametrize(("signal", "text"), cases(USER))
def test_a_users_turn_shows_it_in_other_languages(signal, text):
    assert signal in user_signals(text)


@pytest.mark.parametrize(("signal", "text"), cases(AGENT))
def test_an_agents_turn_shows_it_in_other_languages(signal, text):
    assert signal in agent_signals(text)


@pytest.mark.parametrize("text", PLAIN.values(), ids=PLAIN)
def test_a_plain_request_shows_nothing(text):
    assert user_signals(text) == set()
    assert agent_signals(text) == set()


def test_an_offer_to_transfer_is_no_transfer():
    for table in AGENT.values():
        assert Signal.HANDOFF not in agent_signals(table[Signal.HANDOFF_OFFER])


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.code)
def test_every_language_knows_the_signals_that_english_is_read_for(language):
    told = {rule.signal for rule in language.user_rules + language.opening_rules + language.agent_rules}
    assert told >= {
        Signal.CORRECTION,
        Signal.ESCALATION,
        Signal.DISSATISFACTION,
        Signal.CONFUSION,
        Signal.GIVE_UP,
        Signal.REFUSAL,
        Signal.APOLOGY,
        Signal.COMPLETION,
        Signal.HANDOFF,
    }


def test_a_signal_that_there_is_not_is_refused():
    table = dict.fromkeys(("questions", "imperatives", "yes_no", "thanks", "fillers"), "a")
    document = {
        "code": "xx",
        "function_words": "a",
        "acts": table,
        "agent": dict.fromkeys(("open_offers", "proposals", "slot_requests"), "a"),
        "signals": [{"signal": "joy", "reads": "user", "triggers": "a", "patterns": "a"}],
    }
    with pytest.raises(ValueError, match="joy"):
        compile_language(document)


def patterns() -> list[re.Pattern[str]]:
    rules: list[PhraseRule] = [
        rule
        for language in LANGUAGES
        for rule in language.user_rules + language.opening_rules + language.agent_rules
    ]
    of_rules = [pattern for rule in rules for pattern in (rule.pattern, rule.also, rule.unless) if pattern]
    of_acts = [getattr(each.acts, name) for each in LANGUAGES for name in each.acts.__slots__]
    of_agents = [each for one in LANGUAGES for each in (one.open_offer, one.slot_request, one.proposal)]
    return of_rules + of_acts + of_agents


def endless_repeats(parsed, inside=False) -> bool:
    """Tell whether an endless repeat stands within another: the form that can take exponential time."""
    for operation, argument in parsed:
        name = str(operation)
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            endless = argument[1] == re._constants.MAXREPEAT
            if (endless and inside) or endless_repeats(argument[2], inside or endless):
                return True
        elif name == "BRANCH":
            if any(endless_repeats(branch, inside) for branch in argument[1]):
                return True
        elif name == "SUBPATTERN":
            if endless_repeats(argument[3], inside):
                return True
        elif name in ("ASSERT", "ASSERT_NOT") and endless_repeats(argument[1], inside):
            return True
    return False


def test_no_pattern_repeats_a_repeat_without_end():
    assert endless_repeats(re._parser.parse("(?:a+b)*"))
    assert not endless_repeats(re._parser.parse("(?:ab)*c+"))
    assert [each.pattern for each in patterns() if endless_repeats(re._parser.parse(each.pattern))] == []
