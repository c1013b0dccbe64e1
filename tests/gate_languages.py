"""Turns written for the tests in six languages: what says what the user wants, and what does not."""

NEEDS = {
    "es": """
        Quiero cancelar mi vuelo a Madrid
        ¿Me podría decir dónde está mi pedido?
        Necesito cambiar la dirección de envío de un paquete
        Mi tarjeta no funciona desde ayer
        Me cobraron dos veces la misma factura
        ¿Cuánto cuesta enviar un paquete a México?
        Quisiera reservar una habitación para dos personas el viernes
        He perdido mi contraseña y no puedo entrar en la cuenta
        Busco un restaurante italiano barato cerca del centro
        La camiseta que compré llegó rota
        ¿Cómo puedo devolver unos zapatos?
        Por favor, envíenme la factura del mes pasado
        Todavía no he recibido el reembolso que me prometieron
        Quería saber el saldo de mi cuenta de ahorros
        ¿Hay vuelos directos a Lima el domingo por la mañana?
        Ayúdeme a configurar el router nuevo, no tengo internet
        Me gustaría subir de categoría el asiento de mi reserva
        Denme de baja del servicio premium
        ¿Puedo llevar mascota en el tren?
        Alguien ha sacado dinero de mi cuenta sin permiso
        Olvidé mi pin y el cajero se quedó con la tarjeta
        Cambia la cita del doctor para el martes
    """,
    "de": """
        Ich möchte meinen Flug nach Berlin stornieren
        Wo bleibt mein Paket?
        Meine Karte funktioniert seit gestern nicht mehr
        Können Sie mir die Rechnung vom letzten Monat schicken?
        Ich brauche einen Termin beim Zahnarzt für Montag
        Mir wurde der Betrag doppelt abgebucht
        Wie kann ich mein Passwort zurücksetzen?
        Ich suche ein günstiges Hotel in der Nähe vom Bahnhof
        Die Schuhe sind kaputt angekommen, ich will mein Geld zurück
        Bitte ändern Sie die Lieferadresse meiner Bestellung
        Gibt es morgen früh einen Zug nach Hamburg?
        Ich habe meine Kreditkarte verloren
        Was kostet der Versand nach Österreich?
        Unser Internet ist seit drei Stunden weg
        Ich würde gerne meinen Vertrag kündigen
        Buche mir bitte einen Tisch für vier Personen heute Abend
        Hallo, ich hätte gern den Kontostand meines Sparkontos
        Warum wurde meine Überweisung abgelehnt?
        Kann ich die Jacke noch umtauschen?
        Der Techniker ist nicht gekommen
        Ich will wissen, wann meine Rückerstattung kommt
        Sperren Sie bitte sofort mein Konto
    """,
    "fr": """
        Je voudrais annuler mon vol pour Paris
        Où est ma commande ?
        Ma carte ne marche plus depuis hier
        Pouvez-vous m'envoyer la facture du mois dernier ?
        J'ai besoin d'un rendez-vous chez le dentiste lundi
        On m'a débité deux fois le même montant
        Comment faire pour réinitialiser mon mot de passe ?
        Je cherche un hôtel pas cher près de la gare
        Les chaussures sont arrivées abîmées, je veux être remboursé
        Merci de changer l'adresse de livraison de ma commande
        Y a-t-il un train pour Lyon demain matin ?
        J'ai perdu ma carte bancaire
        Combien coûte l'envoi en Belgique ?
        Internet ne fonctionne plus chez nous depuis trois heures
        Je souhaite résilier mon contrat
        Réservez une table pour quatre personnes ce soir
        Bonjour, quel est le solde de mon compte épargne ?
        Pourquoi mon virement a-t-il été refusé ?
        Est-ce que je peux encore échanger la veste ?
        Le technicien n'est jamais venu
        Je n'ai toujours pas reçu mon remboursement
        Bloquez mon compte tout de suite s'il vous plaît
    """,
    "pt": """
        Quero cancelar o meu voo para Lisboa
        Onde está a minha encomenda?
        O meu cartão não funciona desde ontem
        Pode enviar a fatura do mês passado?
        Preciso de uma consulta com o dentista na segunda
        Fui cobrado duas vezes pelo mesmo valor
        Como faço para mudar a minha senha?
        Procuro um hotel barato perto do centro
        Os sapatos chegaram estragados e quero o meu dinheiro de volta
        Por favor altere o endereço de entrega do pedido
        Tem trem para o Porto amanhã de manhã?
        Perdi o meu cartão de crédito
        Quanto custa o envio para o Brasil?
        Estamos sem internet há três horas
        Gostaria de encerrar o meu contrato
        Reserve uma mesa para quatro pessoas hoje à noite
        Qual é o saldo da minha conta poupança?
        Por que a minha transferência foi recusada?
        Ainda posso trocar o casaco?
        Não recebi o reembolso que prometeram
    """,
    "zh": """
        我想取消明天去上海的航班
        我的包裹到哪里了？
        我的信用卡从昨天开始不能用了
        请帮我把送货地址改成公司的地址
        怎么才能重新设置密码？
        你们多收了我一次费用，请退款
        我想预订一个今晚四个人的位子
        为什么我的转账被拒绝了
    """,
    "ja": """
        明日の大阪行きの便をキャンセルしたいです
        荷物がまだ届いていません
        昨日からカードが使えなくなりました
        配送先の住所を変更してください
        パスワードを再設定するにはどうすればいいですか
        同じ金額が二回引き落とされています
        今夜四人で席を予約したいのですが
        返金はいつになりますか？
    """,
    "ar": """
        أريد إلغاء رحلتي إلى القاهرة غدا
        أين وصل الطرد الخاص بي؟
        بطاقتي لا تعمل منذ يوم أمس
        كيف يمكنني تغيير كلمة المرور الخاصة بي؟
        تم خصم المبلغ مرتين من حسابي
        أرجو تغيير عنوان التوصيل لطلبي الأخير
        أبحث عن فندق رخيص قريب من المحطة
        لماذا تم رفض التحويل الذي أرسلته اليوم؟
    """,
    "hi": """
        मैं कल की दिल्ली की उड़ान रद्द करना चाहता हूँ
        मेरा पार्सल अभी तक नहीं आया है
        मेरा कार्ड कल से काम नहीं कर रहा है
        मैं अपना पासवर्ड कैसे बदल सकता हूँ?
        मेरे खाते से दो बार पैसे कट गए हैं
        कृपया मेरे ऑर्डर का पता बदल दीजिए
        मुझे स्टेशन के पास एक सस्ता होटल चाहिए
        मेरा रिफंड कब तक वापस आएगा?
    """,
}
TALK = {
    "es": """
        Hola
        Buenas tardes
        Muchas gracias por su ayuda
        Sí, por favor
        No, eso es todo
        Me llamo Carmen Ruiz
        Ana García
        De acuerdo
        El viernes
        Mi número de pedido es 45821
        Perfecto, gracias
        A las cinco y media
        Vale, muy bien
        No, gracias, hasta luego
        carmen@example.com
        4821 9930
        Sí, eso es correcto
        Dos personas
        Que tenga un buen día
        Claro que sí
        La azul
        Ok, espero
    """,
    "de": """
        Hallo
        Guten Morgen
        Vielen Dank für Ihre Hilfe
        Ja, bitte
        Nein, das war alles
        Mein Name ist Petra Vogel
        Max Müller
        In Ordnung
        Am Freitag
        Meine Bestellnummer ist 45821
        Super, danke
        Um halb sechs
        Ja, genau
        Nein danke, tschüss
        petra@example.com
        4821 9930
        Das stimmt so
        Zwei Personen
        Schönen Tag noch
        Ja klar, gerne
        Die blaue
        Okay, ich warte
    """,
    "fr": """
        Bonjour
        Bonsoir
        Merci beaucoup pour votre aide
        Oui, s'il vous plaît
        Non, c'est tout
        Je m'appelle Claire Dubois
        Jean Martin
        D'accord
        Vendredi
        Mon numéro de commande est le 45821
        Parfait, merci
        À cinq heures et demie
        Oui, tout à fait
        Non merci, au revoir
        claire@example.com
        4821 9930
        C'est bien ça
        Deux personnes
        Bonne journée à vous
        Oui bien sûr
        La bleue
        Ok, j'attends
    """,
    "pt": """
        Olá
        Boa tarde
        Muito obrigado pela ajuda
        Sim, por favor
        Não, é só isso
        O meu nome é Rita Lopes
        João Silva
        Está bem
        Na sexta-feira
        O meu número de pedido é 45821
        Perfeito, obrigada
        Às cinco e meia
        Sim, isso mesmo
        Não, obrigado, até logo
        rita@example.com
        4821 9930
        Está correto
        Duas pessoas
        Tenha um bom dia
        A azul
    """,
    "zh": "你好\n谢谢\n好的\n是的\n王小明\n45821",
    "ja": "はい\nどうも\n田中\n45821\nええ",
    "ar": "مرحبا\nشكرا جزيلا\nنعم\n45821\nأحمد",
    "hi": "नमस्ते\nधन्यवाद\nहाँ\n45821\nठीक है",
}


def turns(table: dict[str, str], language: str) -> list[str]:
    """Give the turns of a language, one a line."""
    return [line.strip() for line in table[language].strip().splitlines()]
