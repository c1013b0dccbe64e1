"""How an intent gets a name that reads like a need: from what its turns say, in whatever language.

A turn is cut into clauses and its words are told apart (`lexicon`, `tokens`, `clauses`); what all of the
agent's turns show of words is learnt (`lore`); stretches of clauses are weighed (`weights`, `stretches`) and
the one that most turns share is taken (`phrases`), or a question as it was put (`asked`). A name must pass
the rules that any name must pass (`rules`).
"""
