"""Titles and names as people give them. Knows nothing of Django."""

# By what is drawn, as `sketches` names it.
TITLES = {
    "aeroplane": ("Aeroplane", "Flying to grandma", "Flugzeug", "✈️", "L'avion", "Samolot"),
    "balloon": ("Balloon", "Lost balloon", "🎈", "Luftballon", "Le ballon rouge", "Globo"),
    "birds": ("Birds", "Going south", "Vögel", "Les oiseaux", "鳥", "Ptaki nad łąką"),
    "boat": ("Boat", "Out at sea", "Segelboot", "Le petit bateau", "⛵", "El barco de papá", "船"),
    "butterfly": ("Butterfly", "Schmetterling", "Papillon", "🦋", "Mariposa", "Бабочка"),
    "cactus": ("Cactus", "Do not hug", "Kaktus", "🌵", "El cactus", "My plant, still alive"),
    "car": ("Car", "Road trip", "Auto", "La voiture de maman", "🚗", "Машина", "Vroom"),
    "cat": ("Cat", "My cat", "Katze", "Le chat", "🐱", "Кошка", "ねこ", "Minka", "Gato gordo"),
    "cloud": ("Cloud", "Cloudy", "Wolke", "Les nuages", "☁️", "Хмара", "Nube"),
    "cup": ("Coffee first", "Tea time", "Kaffee", "Un café, s'il vous plaît", "☕", "Чай", "お茶"),
    "face": ("Self-portrait", "My teacher", "Portrait", "Mein Bruder", "Moi", "Лицо", "Who is it?"),
    "fir": ("Fir tree", "Tannenbaum", "Le sapin", "🌲", "Ёлка", "In the forest"),
    "fish": ("Fish", "Blub", "Fisch", "Poisson d'avril", "🐟", "Рыба", "さかな", "Pez"),
    "flower": ("Flower", "For mum", "Blume", "Une fleur", "🌸", "Цветок", "花", "Flor para ti"),
    "heart": ("Love", "❤️", "Herz", "Je t'aime", "Te quiero", "Сердце", "For you", "♥"),
    "house": ("House", "Home", "My house", "Haus", "La maison", "家", "Дом", "Mi casa", "🏠"),
    "kite": ("Kite", "Windy day", "Drachen", "Cerf-volant", "🪁", "Latawiec"),
    "leaf": ("Leaf", "Autumn", "Blatt", "Feuille d'érable", "🍂", "Liść", "葉"),
    "letter": ("A letter", "Dear diary", "Liebes Tagebuch", "Lettre à Élise", "Письмо", "Shopping"),
    "moon": ("Moon", "Good night", "Mond", "Clair de lune", "🌙", "Луна", "月"),
    "mountains": ("Mountains", "The Alps", "Berge", "La montagne", "⛰️", "富士山", "Góry"),
    "mushroom": ("Mushroom", "Pilz", "Champignon", "🍄", "Гриб", "Do not eat"),
    "pattern": ("On the phone", "Doodle", "Muster", "Maths lesson", "Ennui", "Kritzelei"),
    "person": ("Me", "Mum", "My friend", "Papa", "Ich", "Mon frère", "Мама", "Ania", "友だち"),
    "rain": ("Rain again", "Regen", "Il pleut", "🌧️", "Дождь", "雨", "Lluvia"),
    "rainbow": ("Rainbow", "Regenbogen", "Arc-en-ciel", "🌈", "Радуга", "虹", "Tęcza"),
    "scribble": ("Scribble", "Storm", "My head on Monday", "Gekritzel", "???", "Test", "asdf"),
    "snail": ("Snail", "No hurry", "Schnecke", "L'escargot", "🐌", "Улитка", "Ślimak"),
    "snowman": ("Snowman", "Schneemann", "Bonhomme de neige", "⛄", "Снеговик", "Bałwan"),
    "spiral": ("Spiral", "Round and round", "Spirale", "🌀", "Hypnosis", "Спираль", "渦"),
    "star": ("Star", "Stern", "Étoile", "⭐", "Звезда", "星", "Gwiazda"),
    "stars": ("Stars", "Starry night", "Sterne", "Les étoiles", "✨", "星空"),
    "sun": ("Sun", "Sunny day", "Sonne", "Le soleil", "☀️", "Солнце", "太陽", "El sol"),
    "tree": ("Tree", "Apple tree", "Baum", "L'arbre", "🌳", "Дерево", "木", "El árbol"),
    "tulip": ("Tulip", "From Holland", "Tulpe", "Une tulipe", "🌷", "Tulipán"),
    "waves": ("Waves", "The sea", "Wellen", "La mer", "🌊", "Море", "波", "Olas"),
}  # fmt: skip
# Of two things that are drawn, by their names.
PAIRS = ("{} and {}", "{} & {}", "{} + {}", "{}, {}", "{} with {}")

ARTISTS = (
    "Ada", "Aiko", "Amélie", "Amina", "Anna", "Björn", "Carlos", "Chidi", "Chloé", "Dmitri",
    "Elif", "Emma", "Fatima", "Finn", "François", "Giulia", "Grace", "Hana", "Hiro", "Ines",
    "Ivan", "Jack", "Jakub", "João", "Jürgen", "Kofi", "Lars", "Leila", "Liam", "Lucía", "Łukasz",
    "Maja", "Mateo", "Mei", "Mia", "Mohammed", "Nadia", "Nguyễn", "Noah", "Nora", "Olga", "Oskar",
    "Paula", "Priya", "Quentin", "Ravi", "Rosa", "Samira", "Siân", "Sofía", "Søren", "Tariq",
    "Théo", "Tom", "Uma", "Viktor", "Wanjiru", "Yara", "Yuki", "Zoë", "Алиса", "Маша", "さくら",
    "小明", "1a", "2c", "3b", "4d", "Class 5", "Kita Sonnenschein", "grandpa", "the twins", "M.",
    "anon", "Lena & Paul", "xX_draw_Xx", "Mr Wood", "nobody",
)  # fmt: skip
