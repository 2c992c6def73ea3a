/** What the people of the generated population are called and where they live: the more frequent first in each list. */

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

export const women = words(`
Mary Patricia Jennifer Elizabeth Barbara Susan Jessica Sarah Margaret Sandra Emily Ashley Kimberly Anna Michelle Dorothy
Carol Amanda Melissa Deborah Stephanie Rebecca Sharon Laura Cynthia Kathleen Amy Angela Shirley Brenda Emma Pamela Nicole
Helen Samantha Catherine Christine Debra Rachel Carolyn Janet Maria Heather Diane Olivia Julie Joyce Victoria Ruth Virginia
Lauren Kelly Christina Joan Evelyn Judith Andrea Hannah Megan Cheryl Jacqueline Martha Madison Teresa Gloria Sara Janice
Ann Abigail Sophia Frances Jean Alice Judy Isabella Julia Grace Amber Denise Danielle Marilyn Beverly Charlotte Natalie
Theresa Diana Brittany Doris Kayla Alexis Lori Marie Claire Lucia Yasmin Ingrid Noor Mei Fatima Priya Sofia Elena Nadia
Aisha Ximena Yuki Leila Greta Paula Renata Ottilie Saskia Zoe Thea Freya Maren Ilse Ada Edith Clara Vera Nina Irene Lydia
Hazel Violet Iris Josephine Rosalie Beatrix Constance Philippa Imogen Tabitha Winifred Harriet Eleanor Matilda Cecilia
Amara Chiara Dalia Esme Farah Giulia Hedda Ines Jana Kira Lena Mira Nora Oksana Petra Rania Selma Tilda Ursula Wanda Zelda`);

export const men = words(`
James Robert John Michael David William Richard Joseph Thomas Charles Christopher Daniel Matthew Anthony Donald Steven
Paul Andrew Joshua Kenneth Kevin Brian George Timothy Ronald Edward Jason Jeffrey Ryan Jacob Gary Nicholas Eric Jonathan
Stephen Larry Justin Scott Brandon Benjamin Samuel Gregory Alexander Frank Patrick Raymond Jack Dennis Jerry Tyler Aaron
Jose Adam Nathan Henry Douglas Zachary Peter Kyle Ethan Walter Noah Jeremy Christian Keith Roger Terry Austin Sean Gerald
Carl Harold Dylan Arthur Lawrence Jordan Jesse Bryan Billy Bruce Gabriel Joe Logan Alan Juan Albert Willie Elijah Wayne
Randy Vincent Mason Roy Ralph Bobby Russell Bradley Philip Eugene Omar Yusuf Wei Hiroshi Rajesh Mateo Luca Emil Anton
Jonas Felix Oscar Hugo Leo Max Theo Finn Nils Lars Sven Otto Bruno Klaus Dieter Ahmed Karim Tariq Ivan Dmitri Pavel Milan
Stefan Andre Marcel Rene Pierre Luc Diego Pablo Rafael Alvaro Tomas Miguel Javier Sergio Victor Hector Ruben Ismael Cesar
Alastair Barnaby Cedric Desmond Edmund Fergus Gilbert Horace Ivor Jasper Kieran Lionel Magnus Neville Osbert Percy Quentin
Rufus Silas Tobias Ulrich Valentin Wesley Xavier Yannick Zoltan Casper Dorian Elias Florian Gunther Henrik Ilias Joachim`);

const frequentFamilies = words(`
Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson Anderson Thomas
Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker Young Allen King
Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts Gomez Phillips
Evans Turner Diaz Parker Cruz Edwards Collins Reyes Stewart Morris Morales Murphy Cook Rogers Gutierrez Ortiz Morgan Cooper
Peterson Bailey Reed Kelly Howard Ramos Kim Cox Ward Richardson Watson Brooks Chavez Wood James Bennett Gray Mendoza Ruiz
Hughes Price Alvarez Castillo Sanders Patel Myers Long Ross Foster Jimenez Powell Jenkins Perry Russell Sullivan Bell
Coleman Butler Henderson Barnes Fisher Vasquez Simmons Romero Jordan Patterson Alexander Hamilton Graham Reynolds Griffin
Wallace Moreno West Cole Hayes Bryant Herrera Gibson Ellis Tran Medina Aguilar Stevens Murray Ford Castro Marshall Owens
Harrison Fernandez McDonald Woods Washington Kennedy Wells Vargas Henry Chen Freeman Webb Tucker Guzman Burns Crawford Olson
Simpson Porter Hunter Gordon Mendez Silva Shaw Snyder Mason Dixon Munoz Hunt Hicks Holmes Palmer Wagner Black Robertson Boyd
Stone Salazar Fox Warren Mills Meyer Rice Schmidt Garza Daniels Ferguson Nichols Stephens Soto Weaver Ryan Gardner Payne
Grant Dunn Kelley Spencer Hawkins Arnold Pierce Hansen Peters Santos Hart Bradley Knight Elliott Cunningham Duncan Armstrong
Hudson Carroll Lane Riley Andrews Alvarado Ray Delgado Berry Perkins Hoffman Johnston Matthews Pena Richards Contreras Willis
Carpenter Lawrence Sandoval Okafor Brandt Nakamura Wieland Adler Sommer Yamamoto Kowalski Novak Ivanov Rossi Ferrari Dubois
Lefebvre Jansen Larsen Nilsson Virtanen Papadopoulos Haddad Rahman Singh Sharma Gupta Wang Zhang Huang Takahashi Watanabe`);

const beginnings = words(`
Ash Black Brad Brook Cal Carl Chat Crom Dal Darl Elm Fair Farn Gold Green Had Hart Haw Hazel Hol Kings Lang Lind Lock Long
Mar Mel Mid Nor Oak Pem Pick Pres Rad Rams Red Rock Rush Sand Shel Stan Stock Sut Thorn Tren Wal War Wash Wel West Whit Win
Wood Wynd Yar`);
const endings = words(`
bourne bridge brook burn bury by combe cote cott croft dale den ell er ett field ford gate ham hurst ing ington land ley low
man mere more ridge rick shaw ster ston stow thorpe ton wald ward well wick wood worth`);

/** About 2,500 names: those that many have, then those that few have. */
export const families: readonly string[] = [
  ...frequentFamilies,
  ...beginnings.flatMap((beginning, row) =>
    endings.filter((_, column) => (row * 7 + column * 3) % 11 !== 0).map((ending) => `${beginning}${ending}`),
  ),
];

export const streets: readonly string[] = beginnings.flatMap((beginning) =>
  ['field', 'wood', 'ford', 'ham', 'ley', 'ton', 'worth', 'bury', 'dale'].map((ending) => `${beginning}${ending}`),
);
export const streetKinds = [
  ['Street', 'St'],
  ['Road', 'Rd'],
  ['Avenue', 'Ave'],
  ['Lane', 'Ln'],
  ['Drive', 'Dr'],
  ['Court', 'Ct'],
  ['Place', 'Pl'],
] as const;

/** Towns with the first of their postal codes; the larger first, and with more codes. */
export const towns: readonly (readonly [name: string, firstCode: number, codes: number])[] = beginnings.flatMap(
  (beginning, row) =>
    ['port', 'ville', 'stead'].map((ending, column) => {
      const at = column * beginnings.length + row;
      return [`${beginning}${ending}`, 1001 + at * 40, Math.max(1, Math.round(24 / (1 + at / 6)))] as const;
    }),
);
